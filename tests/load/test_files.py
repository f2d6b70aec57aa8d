import os
import socket
from pathlib import Path

import pytest

from rag.load import Found, find
from rag.records import Problem


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def sources(path: Path) -> list[str]:
    return [item.source for item in find(path)]


def test_a_folder_gives_its_supported_files_ascending_by_source(tmp_path: Path) -> None:
    make(tmp_path, "b.txt", "a/z.md", "a/b/c.pdf", "a.html", "B.HTM", "x.docx", "lines.jsonl")
    assert sources(tmp_path) == ["B.HTM", "a.html", "a/b/c.pdf", "a/z.md", "b.txt", "lines.jsonl", "x.docx"]


def test_found_files_stand_below_the_given_folder(tmp_path: Path) -> None:
    make(tmp_path, "a/b.txt")
    assert list(find(tmp_path)) == [Found(tmp_path / "a" / "b.txt", "a/b.txt")]


def test_hidden_and_unsupported_files_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, ".hidden.txt", ".git/config.txt", "a/.cache/b.md", "picture.png", "Makefile", "kept.txt")
    assert sources(tmp_path) == ["kept.txt"]


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert sources(tmp_path) == []


def test_a_given_file_is_named_by_its_name_even_when_hidden(tmp_path: Path) -> None:
    make(tmp_path, "a/.notes.txt")
    assert list(find(tmp_path / "a/.notes.txt")) == [Found(tmp_path / "a/.notes.txt", ".notes.txt")]


@pytest.mark.parametrize("name", ["picture.png", "Makefile"])
def test_a_given_file_of_unsupported_kind_is_a_problem_that_lists_what_is_supported(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)
    (problem,) = find(tmp_path / name)
    assert isinstance(problem, Problem)
    assert (problem.source, problem.fatal) == (name, True)
    for suffix in (".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".jsonl"):
        assert suffix in problem.reason


def test_a_path_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    (problem,) = find(tmp_path / "gone.txt")
    assert isinstance(problem, Problem)
    assert "does not exist" in problem.reason


def test_a_link_out_of_the_folder_is_a_problem_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "outside/secret.txt", "outside/deep/secret.txt", "inside/a.txt")
    (tmp_path / "inside/link.txt").symlink_to(tmp_path / "outside/secret.txt")
    (tmp_path / "inside/folder").symlink_to(tmp_path / "outside")
    (tmp_path / "inside/up.txt").symlink_to("../outside/secret.txt")
    found = list(find(tmp_path / "inside"))
    assert [item.source for item in found if isinstance(item, Found)] == ["a.txt"]
    problems = [item for item in found if isinstance(item, Problem)]
    assert [problem.source for problem in problems] == ["folder", "link.txt", "up.txt"]
    assert all(problem.fatal and "out of the folder" in problem.reason for problem in problems)


def test_a_link_to_a_sibling_whose_name_begins_alike_leads_out_of_the_folder(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.txt", "docs-secret/b.txt")
    (tmp_path / "docs/b.txt").symlink_to(tmp_path / "docs-secret/b.txt")
    assert [type(item).__name__ for item in find(tmp_path / "docs")] == ["Found", "Problem"]


def test_links_in_circles_end(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c.txt")
    (tmp_path / "a/b/up").symlink_to(tmp_path)
    (tmp_path / "a/self").symlink_to(tmp_path / "a/self")
    (tmp_path / "a/other").symlink_to(tmp_path / "a/b")
    assert sources(tmp_path) == ["a/b/c.txt"]


def test_a_file_also_reached_by_a_link_comes_once_under_its_own_name(tmp_path: Path) -> None:
    make(tmp_path, "z.txt")
    (tmp_path / "a.txt").symlink_to("z.txt")
    assert sources(tmp_path) == ["z.txt"]


def test_links_into_hidden_folders_are_followed_as_kubernetes_mounts_need(tmp_path: Path) -> None:
    make(tmp_path, "..2026_11/a.txt")
    (tmp_path / "..data").symlink_to("..2026_11")
    (tmp_path / "a.txt").symlink_to("..data/a.txt")
    (tmp_path / "all").symlink_to("..data")
    assert list(find(tmp_path)) == [Found(tmp_path / "a.txt", "a.txt")]


def test_a_link_that_leads_nowhere_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("gone.txt")
    (problem,) = find(tmp_path)
    assert isinstance(problem, Problem)
    assert "nowhere" in problem.reason


def test_a_given_link_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "there/a.txt", "there/b.txt")
    (tmp_path / "link.txt").symlink_to("there/a.txt")
    (tmp_path / "folder").symlink_to("there")
    assert sources(tmp_path / "link.txt") == ["link.txt"]
    assert sources(tmp_path / "folder") == ["a.txt", "b.txt"]


def test_pipes_and_sockets_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.txt"))
        assert sources(tmp_path) == []
    (problem,) = find(tmp_path / "pipe.txt")
    assert isinstance(problem, Problem)
    assert "neither a file nor a folder" in problem.reason


def test_a_name_that_is_not_utf8_is_a_problem_with_a_name_that_is(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("text")
    (problem,) = find(tmp_path)
    assert isinstance(problem, Problem)
    assert problem.source == "caf\ufffd.txt"
    assert "not UTF-8" in problem.reason


def test_folders_nested_deeper_than_python_recurses_are_walked(tmp_path: Path) -> None:
    folders = [tmp_path.joinpath(*["d"] * depth) for depth in range(1, 1_101)]
    for folder in folders:
        folder.mkdir()
    (folders[-1] / "a.txt").touch()
    try:
        assert sources(tmp_path) == ["d/" * len(folders) + "a.txt"]
    finally:  # pytest itself cannot remove so deep a tree
        (folders[-1] / "a.txt").unlink()
        for folder in reversed(folders):
            folder.rmdir()
