"""A dump of a database as `mongodump` lays it out, made with the driver: no package that is at hand has the program.

One folder; for each collection its documents as BSON, one after the other, and its indexes as JSON. Reading it again is
what `mongorestore --drop` does, and takes away the collections that came later.
"""

import json
from pathlib import Path
from typing import Any

from bson import decode_file_iter, json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel
from pymongo.database import Database

Documents = Database[dict[str, Any]]

_RAW = CodecOptions(document_class=RawBSONDocument)


def dump(database: Documents, folder: Path) -> None:
    """Every collection, without a common point in time: nothing may be written meanwhile that matters."""
    folder.mkdir()
    for name in database.list_collection_names(filter={"type": "collection"}):
        with (folder / f"{name}.bson").open("wb") as file:
            for batch in database[name].find_raw_batches():
                file.write(bytes(batch))  # type: ignore[arg-type]  # bytes, whatever the stub says
        indexes = [dict(index) for index in database[name].list_indexes()]
        (folder / f"{name}.metadata.json").write_text(json_util.dumps({"indexes": indexes}), encoding="utf-8")


def restore(database: Documents, folder: Path) -> None:
    """Make the collections of the dump as they were, and drop those that came later."""
    names = {path.stem for path in folder.glob("*.bson")}
    for name in {*names, *database.list_collection_names(filter={"type": "collection"})}:
        database.drop_collection(name)
    for name in sorted(names):
        collection = database.create_collection(name)
        with (folder / f"{name}.bson").open("rb") as file:
            documents = list(decode_file_iter(file, codec_options=_RAW))
        if documents:
            collection.insert_many(documents)
        metadata = json.loads(
            (folder / f"{name}.metadata.json").read_text(encoding="utf-8"), object_hook=json_util.object_hook
        )
        wanted = [index for index in metadata["indexes"] if index["name"] != "_id_"]
        if wanted:
            collection.create_indexes([_model(index) for index in wanted])


def _model(index: dict[str, Any]) -> IndexModel:
    keys = list(index.pop("key").items())
    index.pop("v")
    return IndexModel(keys, **index)
