"""Which packs are deployed? Files by hash; what is made of them is kept in the process, by the pack's hash."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from hashlib import sha256
from threading import Lock
from types import MappingProxyType
from typing import Generic, TypeVar

from sqlalchemy import Connection, bindparam, or_, select, union

from engine.errors import Corrupt, NotFound
from engine.ports.process import Definition
from engine.rules.cycle_models import CycleModel
from engine.rules.dossiers import WorkState
from engine.rules.units import UnitId
from engine.store.hidden import Hidden
from engine.store.known import Reference
from engine.store.query_parts import below
from engine.store.rows import Upsert
from engine.store.tables import cycles, dossiers, files, pack_files, packs, work_items
from engine.store.tables import units as units_table

Files = Mapping[str, bytes]
Made = TypeVar("Made")
_DIAGRAMS = (".bpmn", ".dmn")

_PACK = select(packs.c.key).where(packs.c.version == bindparam("version"))
_FILES = (
    select(pack_files.c.path, files.c.content)
    .join(files, files.c.sha256 == pack_files.c.sha256)
    .where(pack_files.c.version == bindparam("version"))
    .order_by(pack_files.c.path)
)
_LATEST = select(packs.c.version).where(packs.c.key == bindparam("key")).order_by(packs.c.id.desc()).limit(1)
_KEYS = select(packs.c.key).distinct().order_by(packs.c.key)
_OWNERS = select(packs.c.key, packs.c.owner_unit_id).where(packs.c.owner_unit_id.is_not(None)).order_by(packs.c.id)
#: Every model's owner, and whom it was merged into, and so on.
_HEIRS = (
    select(packs.c.key, packs.c.owner_unit_id.label("unit_id"))
    .where(packs.c.owner_unit_id.is_not(None))
    .cte("heirs", recursive=True)
)
_HEIRS = _HEIRS.union(
    select(_HEIRS.c.key, units_table.c.successor_id)
    .join(units_table, units_table.c.id == _HEIRS.c.unit_id)
    .where(units_table.c.successor_id.is_not(None))
)
_ADD_PACK = Upsert(packs, ["version"])
_ADD_FILE = Upsert(files, ["sha256"])
_ADD_PACK_FILE = Upsert(pack_files, ["version", "path"])


class Lru(Generic[Made]):
    """The last used values by key; each is made once, also when many threads ask at the same time."""

    def __init__(self, size: int) -> None:
        self._size, self._guard = size, Lock()
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._makers: dict[str, Lock] = {}

    def get(self, key: str, make: Callable[[], Made]) -> Made:
        """The value of `key`, made when nobody has it."""
        with self._guard:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            maker = self._makers.setdefault(key, Lock())
        with maker:
            with self._guard:
                if key in self._made:
                    return self._made[key]
            return self._keep(key, make())

    def forget(self, key: str) -> None:
        """Make it again next time."""
        with self._guard:
            self._made.pop(key, None)

    def _keep(self, key: str, value: Made) -> Made:
        with self._guard:
            self._made[key] = value
            self._makers.pop(key, None)
            while len(self._made) > self._size:
                self._made.popitem(last=False)
        return value


class PackCache:
    """Packs read and diagrams compiled in this process."""

    def __init__(
        self,
        read_model: Callable[[Files, str], CycleModel],
        compile_diagrams: Callable[[Files], Definition],
        size: int = 32,
    ) -> None:
        self.read_model, self.compile_diagrams = read_model, compile_diagrams
        self.models: Lru[CycleModel] = Lru(size)
        self.definitions: Lru[Definition] = Lru(size)

    def forget(self, version: str) -> None:
        """Drop what a transaction that failed had deployed."""
        self.models.forget(version)
        self.definitions.forget(version)


class SqlModels:
    """`engine.ports.store.Models`."""

    def __init__(self, connection: Connection, cache: PackCache, reference: Reference, hidden: Hidden) -> None:
        self._connection, self._cache, self._reference, self._hidden = connection, cache, reference, hidden
        self.deployed: list[str] = []  #: in this transaction, in order
        self._owned: Mapping[str, UnitId] | None = None  #: as this transaction knows them

    def deploy(self, model: CycleModel, at: datetime, owner: UnitId | None = None) -> None:
        row = {"version": model.sha256, "key": model.key, "name": model.name, "deployed_at": at, "owner_unit_id": owner}
        self._reference.changed()
        self._owned = None
        hashes = {path: sha256(content).hexdigest() for path, content in model.files.items()}
        contents = {hashes[path]: content for path, content in model.files.items()}
        _ADD_PACK.run(self._connection, [row])
        _ADD_FILE.run(self._connection, [{"sha256": key, "content": contents[key]} for key in sorted(contents)])
        rows = [{"version": model.sha256, "path": path, "sha256": digest} for path, digest in hashes.items()]
        _ADD_PACK_FILE.run(self._connection, rows)
        self.deployed.append(model.sha256)

    def owners(self) -> Mapping[str, UnitId]:
        if self._owned is None:
            self._owned = self._reference.recall(("owners",), self._read_owners)
        return self._owned

    def owned_around(self, units: Collection[UnitId], above: Collection[UnitId]) -> frozenset[str]:
        heirs = _HEIRS.c.unit_id
        statement = select(_HEIRS.c.key).where(or_(heirs.in_(sorted(above)), heirs.in_(below(units)))).distinct()
        return frozenset(self._connection.execute(statement).scalars())

    def taken_part_in(self, keys: Collection[str], units: Collection[UnitId]) -> frozenset[str]:
        if not keys or not units:
            return frozenset()
        wanted = select(cycles.c.model).where(cycles.c.model.in_(sorted(keys)))
        own = wanted.join(dossiers, dossiers.c.cycle_id == cycles.c.id).where(dossiers.c.unit_id.in_(below(units)))
        waits = work_items.c.state.in_([WorkState.OPEN, WorkState.SUSPENDED])
        work = wanted.join(work_items, work_items.c.cycle_id == cycles.c.id)
        work = work.where(work_items.c.unit_id.in_(below(units)), waits)
        return frozenset(self._connection.execute(union(own, work)).scalars())

    def get(self, version: str) -> CycleModel:
        model = self._cache.models.get(version, lambda: self._read(version))
        if model.key in self._hidden.keys:
            raise NotFound("CycleModel", version)
        return model

    def latest(self, key: str) -> CycleModel | None:
        if key in self._hidden.keys:
            return None
        version = self._connection.execute(_LATEST, {"key": key}).scalar()
        return None if version is None else self.get(version)

    def hold(self, key: str) -> str | None:
        self._reference.hold()
        self._owned = None
        # Asked anew: who waited for the rows sees what was deployed meanwhile.
        return self._connection.execute(_LATEST, {"key": key}).scalar()

    def keys(self) -> list[str]:
        return [key for key in self._connection.execute(_KEYS).scalars() if key not in self._hidden.keys]

    def definition(self, version: str) -> Definition:
        return self._cache.definitions.get(version, lambda: self._compile(version))

    def forget(self, first: int) -> None:
        """Drop what was deployed from the `first` on: it was rolled back."""
        for version in self.deployed[first:]:
            self._cache.forget(version)
        del self.deployed[first:]
        self._owned = None

    def _read_owners(self) -> Mapping[str, UnitId]:
        return MappingProxyType({key: UnitId(owner) for key, owner in self._connection.execute(_OWNERS)})

    def _read(self, version: str) -> CycleModel:
        key = self._connection.execute(_PACK, {"version": version}).scalar()
        if key is None:
            raise NotFound("CycleModel", version)
        content = {path: bytes(data) for path, data in self._connection.execute(_FILES, {"version": version})}
        model = self._cache.read_model(content, key)
        if model.sha256 != version:
            raise Corrupt(f"pack {key}: its files give {model.sha256}, deployed as {version}")
        return model

    def _compile(self, version: str) -> Definition:
        content = self._cache.models.get(version, lambda: self._read(version)).files
        return self._cache.compile_diagrams({path: content[path] for path in content if path.endswith(_DIAGRAMS)})
