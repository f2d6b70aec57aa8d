import types

import rag.load


def test_every_public_name_is_exported() -> None:
    public = {name: value for name, value in vars(rag.load).items() if not name.startswith("_")}
    names = {name for name, value in public.items() if not isinstance(value, types.ModuleType)}
    assert names == set(rag.load.__all__)
