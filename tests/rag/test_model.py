import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rag import IndexUnusableError, Library
from rag.embed import read_card, write_card
from rag.export import PACKAGED
from rag.ingest import Ingest
from rag.load import Loader
from rag.model import RECIPE, record_model, start_rebuild
from tests.rag.fakes import FakeEmbedder

FERRY = "When does the ferry leave the harbour?"


@pytest.fixture
def real(tmp_path: Path, model_folder: Path) -> Callable[..., Library]:
    """Opens the index with the packaged model, which is at hand."""

    def make(model: str | None = None) -> Library:
        folder = tmp_path / "index" / "model"
        folder.mkdir(parents=True, exist_ok=True)
        for file in model_folder.iterdir():
            if not (folder / file.name).exists():
                (folder / file.name).symlink_to(file)
        return Library(tmp_path / "index", model, threads=2)

    return make


def test_an_index_notes_its_model(real: Callable[..., Library], notes: Path) -> None:
    with closing(real()) as library:
        library.ingest([notes / "ferry.txt"])

        status = library.status()
        assert (status.model, status.backend, status.note) == (PACKAGED, "onnx", "")
        meta = library.store.database.meta
        assert (meta("fingerprint"), meta("dim"), meta("recipe")) == (library.embedder.fingerprint, "384", RECIPE)


def test_the_packaged_model_answers_a_question(real: Callable[..., Library], notes: Path) -> None:
    with closing(real()) as library:
        library.ingest([notes])

        answer = library.ask(FERRY)

    assert answer.status == "answered"
    assert answer.claims[0].citations[0].source == "ferry.txt"
    assert answer.claims[0].citations[0].quote == "The ferry leaves the harbour at nine."


def test_an_index_is_opened_with_its_own_model_when_none_is_named(real: Callable[..., Library], notes: Path) -> None:
    with closing(real()) as library:
        library.ingest([notes / "ferry.txt"])

    with closing(real()) as again, closing(real(PACKAGED)) as named:
        assert again.embedder.fingerprint == named.embedder.fingerprint


def test_another_model_is_refused_with_the_command_that_rebuilds(real: Callable[..., Library], notes: Path) -> None:
    with closing(real()) as library:
        library.ingest([notes / "ferry.txt"])

    with closing(real("other-model")) as other:
        with pytest.raises(IndexUnusableError, match="RAG_MODEL=other-model rag ingest --rebuild"):
            other.ask(FERRY)
        with pytest.raises(IndexUnusableError, match="made with the model all-MiniLM-L6-v2"):
            other.ingest([notes])


def test_a_model_of_the_same_name_with_other_weights_is_refused(stocked: Library, real: Callable[..., Library]) -> None:
    stocked.close()
    shutil.rmtree(stocked.index / "model")

    with closing(real()) as library, pytest.raises(IndexUnusableError, match=r"\(fake\).*--rebuild"):
        library.ask(FERRY)


def test_a_rebuild_embeds_every_stored_document_anew(stocked: Library, real: Callable[..., Library]) -> None:
    texts = {d.id: stocked.text(d.id) for d in stocked.documents()}

    with closing(real()) as library:
        library.ingest([], rebuild=True)

        assert library.status().healthy
        assert {d.id: library.text(d.id) for d in library.documents()} == texts
        assert library.ask(FERRY).claims[0].citations[0].source == "ferry.txt"
        assert library.store.database.meta("dim") == "384"


def test_files_stay_known_over_a_rebuild(
    make_library: Callable[..., Library], real: Callable[..., Library], notes: Path
) -> None:
    make_library().ingest([notes])

    with closing(real()) as library:
        library.ingest([], rebuild=True)

        assert library.ingest([notes]).unchanged == 6


def test_a_reader_takes_the_new_model_when_another_had_the_index_rebuilt(
    stocked: Library, real: Callable[..., Library]
) -> None:
    assert stocked.ask(FERRY).hits

    with closing(real()) as library:
        library.ingest([], rebuild=True)

    assert stocked.ask(FERRY).claims[0].citations[0].source == "ferry.txt"
    assert stocked.embedder.dim == 384


def interrupt_a_rebuild(library: Library, index: Path) -> None:
    """Leave an index of which one document is embedded with the new model, the others with the old one."""
    embedder = start_rebuild(library.store, index, None, 2)
    with Loader() as loader:
        ingest = Ingest(library.store, embedder, loader, "default")
        ingest.redo(library.documents()[0].id)
        ingest._flush()


def test_an_interrupted_rebuild_is_refused_until_it_is_finished(
    stocked: Library, real: Callable[..., Library], notes: Path
) -> None:
    interrupt_a_rebuild(stocked, stocked.index)

    with closing(real()) as library:
        for act in (lambda: library.ask(FERRY), lambda: library.search(FERRY), lambda: library.ingest([notes])):
            with pytest.raises(IndexUnusableError, match="rag ingest --rebuild"):
                act()
        library.ingest([], rebuild=True)
        assert library.ask(FERRY).claims[0].citations[0].source == "ferry.txt"


def test_a_reader_that_was_open_refuses_an_interrupted_rebuild_too(stocked: Library) -> None:
    assert stocked.ask(FERRY).hits

    interrupt_a_rebuild(stocked, stocked.index)

    with pytest.raises(IndexUnusableError, match="rag ingest --rebuild"):
        stocked.ask(FERRY)


def test_an_index_of_another_recipe_asks_to_be_rebuilt(stocked: Library, notes: Path) -> None:
    with stocked.store.database.transaction():
        stocked.store.database.set_meta("recipe", "0")

    with pytest.raises(IndexUnusableError, match=f"recipe 0, now {RECIPE}.*--rebuild"):
        stocked.ingest([notes])


def test_damaged_model_files_heal_at_the_next_use(
    real: Callable[..., Library], notes: Path, model_folder: Path
) -> None:
    with closing(real()) as library:
        library.ingest([notes])
        before = library.ask(FERRY)
    (tokenizer := library.index / "model" / "tokenizer.json").unlink()
    tokenizer.write_text("damaged")

    with closing(real()) as again:
        after = again.ask(FERRY)

    assert (after.claims, after.hits) == (before.claims, before.hits)
    assert tokenizer.read_bytes() == (model_folder / "tokenizer.json").read_bytes()


def test_a_deleted_model_folder_heals_at_the_next_use(real: Callable[..., Library], notes: Path) -> None:
    with closing(real()) as library:
        library.ingest([notes])
    shutil.rmtree(library.index / "model")

    with closing(Library(library.index)) as again:
        assert again.ask(FERRY).hits


def test_status_of_an_empty_index_names_no_model(tmp_path: Path) -> None:
    with closing(Library(tmp_path / "index")) as library:
        status = library.status()

    assert (status.model, status.backend, status.documents, status.healthy) == ("", "", 0, True)


def test_the_model_is_recorded_once(stocked: Library) -> None:
    record_model(stocked.store, stocked.index, FakeEmbedder("another"))

    assert stocked.store.database.meta("fingerprint") == "fake"


def test_a_model_that_onnx_cannot_carry_is_served_by_torch(tmp_path: Path, model_folder: Path, notes: Path) -> None:
    folder = tmp_path / "index" / "model"
    folder.mkdir(parents=True)
    write_card(replace(read_card(model_folder), backend="torch", files={}, note="served by torch"), folder)

    with closing(Library(tmp_path / "index")) as library:
        library.ingest([notes])

        assert library.ask(FERRY).claims[0].citations[0].source == "ferry.txt"
        assert (library.status().backend, library.status().note) == ("torch", "served by torch")
