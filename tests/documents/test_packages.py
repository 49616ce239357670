"""A package for the archive: read by others, accepted whole, refused after any change, and honest about who vouches."""

import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator.context import ValidationContext

from documents.bag import TAGS
from documents.bag_verify import PackageReport, verify_package
from documents.keys import NoKeys, TestKeys
from documents.pyhanko_parts import run
from documents.stamping import OutsideStamps, TestStamps
from documents.verify import Trust
from documents.zipform import ZipWriter, read_members
from engine.errors import SigningFailed
from engine.rules.papers import cleaned
from tests.documents.packing import AT, PATH, Contents, bent, contents_of, package
from tests.documents.samples import decision
from tests.documents.test_verify import OfficeKeys

NAME = "goi-2027"


@pytest.fixture(scope="module")
def whole(signed: bytes, keys: TestKeys) -> bytes:
    return package(contents_of(signed), keys)


@pytest.fixture(scope="module")
def small(keys: TestKeys) -> bytes:
    """A package without a signed file: small enough to change every byte of it."""
    return package(contents_of(b""), keys)


@pytest.fixture
def at(tmp_path: Path) -> Callable[[bytes], PackageReport]:
    def verified(content: bytes) -> PackageReport:
        path = tmp_path / "2027.zip"
        path.write_bytes(content)
        return verify_package(path)

    return verified


@pytest.fixture
def unpacked(whole: bytes, tmp_path: Path) -> Path:
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        archive.extractall(tmp_path / "noi-khac")
    return tmp_path / "noi-khac" / NAME


def rezipped(whole: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The package's files, changed and put into our form of zip again."""
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    change(files)
    target = BytesIO()
    writer = ZipWriter(target)
    for name, content in files.items():
        writer.add(name, [content])
    writer.close()
    return target.getvalue()


# ---- accepted


def test_a_package_is_accepted_zipped_and_unpacked(
    whole: bytes, at: Callable[[bytes], PackageReport], unpacked: Path
) -> None:
    zipped, folder, around = at(whole), verify_package(unpacked), verify_package(unpacked.parent)
    assert [(r.problems, r.trust, r.exit_code(), r.exit_code(strict=True)) for r in (zipped, folder, around)] == [
        ((), Trust.TEST, 0, 1)
    ] * 3
    assert zipped.lines() == folder.lines()
    assert zipped.lines()[:5] == (
        "Gói còn nguyên vẹn: Hồ sơ chu kỳ 2027 (20 tệp).",
        "Niêm phong bởi Đoàn phường An Biên, lúc 09:03:04 ngày 01/12/2027 (giờ Việt Nam); chứng thư do “CA cấp phát thử nghiệm” cấp.",
        "Chỉ ai giữ khóa của đơn vị niêm phong mới lập được một gói khác mang đúng dấu này.",
        "1 văn bản đã ký còn nguyên vẹn; 1 dòng của sổ đăng ký văn bản đi khớp với văn bản.",
        "2 sự kiện nằm đúng chỗ trong chuỗi nhật ký, từ dòng 5 đến dòng 7.",
    )
    assert "không có giá trị pháp lý" in zipped.lines()[-1]


def test_the_same_contents_give_the_same_bytes(whole: bytes, signed: bytes, keys: TestKeys) -> None:
    assert package(contents_of(signed), keys) == whole


def test_the_weakest_issuer_counts(signed: bytes, keys: TestKeys, tmp_path: Path) -> None:
    office = OfficeKeys()
    path = tmp_path / "2027.zip"
    path.write_bytes(package(contents_of(signed), office))
    unlisted, listed = verify_package(path), verify_package(path, [office.root])
    # The seal is the office's; the decision inside is still signed with a test certificate.
    assert [(r.problems, r.trust, r.exit_code()) for r in (unlisted, listed)] == [
        ((), Trust.UNKNOWN, 2),
        ((), Trust.TEST, 0),
    ]


def test_others_can_check_it_without_us(unpacked: Path, keys: TestKeys) -> None:
    def fine(*words: str) -> bool:
        return subprocess.run(words, cwd=unpacked, capture_output=True, check=False).returncode == 0

    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        assert fine("sha256sum", "--check", "--strict", "--quiet", manifest)
    content = cms.ContentInfo.load((unpacked / "signature.p7s").read_bytes())["content"]
    root = asn1_x509.Certificate.load(keys.root.certificate.public_bytes(Encoding.DER))

    def bottom_line(data: bytes) -> bool:
        context = ValidationContext(trust_roots=[root], moment=AT, allow_fetching=False)
        return bool(run(async_validate_detached_cms(data, content, context)).bottom_line)

    files = ("tagmanifest-sha256.txt", "manifest-sha256.txt")
    assert [bottom_line((unpacked / name).read_bytes()) for name in files] == [True, False]
    pems = sorted((unpacked / "data" / "chung-thu").glob("*.pem"))
    assert len({x509.load_pem_x509_certificate(pem.read_bytes()).serial_number for pem in pems}) == 4


def test_it_is_a_bag_with_a_description_of_every_file(unpacked: Path) -> None:
    assert (unpacked / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    manifest = (unpacked / "manifest-sha256.txt").read_text().splitlines()
    payload = {path.relative_to(unpacked).as_posix(): path for path in (unpacked / "data").rglob("*") if path.is_file()}
    assert {row.split("  ")[1] for row in manifest} == set(payload)
    size = sum(path.stat().st_size for path in payload.values())
    assert f"Payload-Oxum: {size}.{len(payload)}\n" in (unpacked / "bag-info.txt").read_text()
    told = {row.split("  ")[1]: row.split("  ")[0] for row in manifest}
    premis = etree.parse(unpacked / "premis.xml").getroot()
    p = "{http://www.loc.gov/premis/v3}"
    assert {
        o.findtext(f"{p}objectIdentifier/{p}objectIdentifierValue"): o.findtext(f".//{p}messageDigest")
        for o in premis.iter(f"{p}object")
    } == told
    assert [e.text for e in premis.iter(f"{p}eventType")].count("creation") == 3
    mets = etree.parse(unpacked / "mets.xml").getroot()
    m, link = "{http://www.loc.gov/METS/}", "{http://www.w3.org/1999/xlink}href"
    assert {f[0].get(link): f.get("CHECKSUM") for f in mets.iter(f"{m}file")} == told
    ids = {f.get("ID") for f in mets.iter(f"{m}file")}
    assert {f.get("FILEID") for f in mets.iter(f"{m}fptr")} == ids
    assert len(ids) == len(told)


def test_a_package_without_a_seal_says_that_anybody_could_have_made_it(
    at: Callable[[bytes], PackageReport],
) -> None:
    report = at(package(contents_of(b""), NoKeys()))
    assert (report.problems, report.trust, report.exit_code()) == ((), Trust.UNKNOWN, 2)
    assert report.lines()[1] == "Gói KHÔNG có dấu niêm phong: ai cũng có thể đã lập lại cả gói."


# ---- with a time stamp on the seal


@pytest.fixture(scope="module")
def stamped(keys: TestKeys) -> bytes:
    return package(contents_of(b""), keys, stamps=TestStamps(keys))


def seal_of(content: bytes, name: str = NAME) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(f"{name}/signature.p7s")


def with_seal(content: bytes, seal: bytes) -> bytes:
    return rezipped(content, lambda files: files.update({f"{NAME}/signature.p7s": seal}))


def test_a_seal_bears_the_time_stamp_of_an_authority(
    stamped: bytes, keys: TestKeys, at: Callable[[bytes], PackageReport], tmp_path: Path
) -> None:
    report = at(stamped)
    assert (report.problems, report.trust, report.exit_code()) == ((), Trust.TEST, 0)
    assert report.lines()[2] == (
        "  Dấu thời gian: 09:03:04 ngày 01/12/2027 (giờ Việt Nam), theo “Máy chủ dấu thời gian thử nghiệm” (thử nghiệm)."
    )
    assert package(contents_of(b""), keys, stamps=TestStamps(keys)) == stamped
    (tmp_path / "ky.p7s").write_bytes(seal_of(stamped))
    with zipfile.ZipFile(BytesIO(stamped)) as archive:
        (tmp_path / "ke.txt").write_bytes(archive.read(f"{NAME}/tagmanifest-sha256.txt"))
    (tmp_path / "goc.pem").write_bytes(keys.root.certificate.public_bytes(Encoding.PEM))
    words = (
        "openssl cms -verify -binary -inform DER -in ky.p7s -content ke.txt -CAfile goc.pem -purpose any -out ra.txt"
    )
    assert subprocess.run(words.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_a_stamp_is_neither_changed_taken_off_nor_put_on_unnoticed(
    stamped: bytes, small: bytes, keys: TestKeys, at: Callable[[bytes], PackageReport]
) -> None:
    def without(container: bytes) -> bytes:
        content = cms.ContentInfo.load(container)
        info = content["content"]["signer_infos"][0]
        bare = {name: info[name] for name in info.native if name != "unsigned_attrs"}
        content["content"]["signer_infos"] = [cms.SignerInfo(bare)]
        return bytes(content.dump(force=True))

    seal, bare, chance = seal_of(stamped), seal_of(small), random.Random(2)
    other = seal_of(package(contents_of(b""), keys, "khac", stamps=TestStamps(keys)), "khac")
    stamp = cms.ContentInfo.load(seal)["content"]["signer_infos"][0]["unsigned_attrs"]
    put_on = cms.ContentInfo.load(bare)
    put_on["content"]["signer_infos"][0]["unsigned_attrs"] = stamp
    changed = [flipped(seal, chance.randrange(len(bare) - 300, len(seal)), chance.randrange(1, 256)) for _ in range(40)]
    wrong = [with_seal(stamped, seal) for seal in (*changed, other, without(seal))]
    assert {at(content).exit_code() for content in (*wrong, with_seal(small, put_on.dump(force=True)))} == {1}
    assert at(with_seal(stamped, without(seal))).problems == ("dấu niêm phong không còn đúng dấu thời gian của nó",)


def test_a_signature_of_a_certificate_is_told_in_one_way(stamped: bytes, at: Callable[[bytes], PackageReport]) -> None:
    seal = seal_of(stamped)
    # A bit string of 256 bytes; the byte behind its length says how many bits at its end do not count.
    counts = [found.end() - 1 for found in re.finditer(rb"\x03\x82\x01\x01\x00", seal)]
    assert len(counts) > 2
    assert [n for n in counts if at(with_seal(stamped, flipped(seal, n, 1))).exit_code() != 1] == []


@pytest.mark.long
def test_every_byte_of_a_stamp_counts(stamped: bytes, small: bytes, at: Callable[[bytes], PackageReport]) -> None:
    seal = seal_of(stamped)
    places = range(len(seal_of(small)) - 300, len(seal))
    found = [place for place in places if at(with_seal(stamped, flipped(seal, place, 1))).exit_code() != 1]
    assert found == []


def test_an_authority_that_does_not_answer_is_asked_again(keys: TestKeys) -> None:
    with pytest.raises(SigningFailed) as failure:
        package(contents_of(b""), keys, stamps=OutsideStamps("http://127.0.0.1:1/tsa"))
    assert failure.value.retry_after == 120


# ---- refused


def flipped(content: bytes, place: int, bits: int) -> bytes:
    return content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]


def test_any_changed_byte_is_refused(whole: bytes, small: bytes, at: Callable[[bytes], PackageReport]) -> None:
    chance = random.Random(1)
    for content, count in ((whole, 150), (small, 350)):
        for _ in range(count):
            place, bits = chance.randrange(len(content)), chance.randrange(1, 256)
            assert at(flipped(content, place, bits)).exit_code() == 1, (place, bits)


@pytest.mark.long
def test_every_byte_counts(small: bytes, at: Callable[[bytes], PackageReport]) -> None:
    accepted = [
        (place, bits)
        for place in range(len(small))
        for bits in (1, 0x20, 0x80)
        if at(flipped(small, place, bits)).exit_code() != 1
    ]
    assert accepted == []


def test_what_is_cut_off_or_put_around_is_refused(small: bytes, at: Callable[[bytes], PackageReport]) -> None:
    assert at(small).exit_code() == 0
    changed = [small[:n] for n in (0, 1, 30, len(small) // 2, len(small) - 22, len(small) - 1)]
    changed += [small + b"\0", small + b"PK", b"\0" + small, b"#!/bin/sh\n" + small, small + small]
    comment = small[:-2] + b"\x03\x00abc"
    assert [at(content).exit_code() for content in (*changed, comment)] == [1] * (len(changed) + 1)


def test_a_zip_file_of_another_making_is_refused(whole: bytes, at: Callable[[bytes], PackageReport]) -> None:
    def remade(method: int) -> bytes:
        target = BytesIO()
        with zipfile.ZipFile(BytesIO(whole)) as source, zipfile.ZipFile(target, "w", method) as archive:
            for info in source.infolist():
                archive.writestr(info.filename, source.read(info))
        return target.getvalue()

    assert [at(remade(method)).exit_code() for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)] == [1, 1]


def add(name: str, content: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        tags = [files.pop(key) for key in list(files)[-len(TAGS) :]]
        files[name] = content
        files.update(zip((f"{NAME}/{tag}" for tag in TAGS), tags, strict=True))

    return change


def drop(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda files: (files.pop(f"{NAME}/{name}"), None)[1]


def replace(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.update({f"{NAME}/{name}": content})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (add(f"{NAME}/data/la.txt"), "gói có tệp lạ: data/la.txt"),
        (add("khac/data/la.txt"), "gói có hơn một thư mục gốc"),
        (lambda files: files.update({f"{NAME}/la.txt": b"x"}), "gói có tệp lạ: la.txt"),
        (drop(f"data/van-ban/{PATH}.docx"), f"gói thiếu tệp data/van-ban/{PATH}.docx"),
        *((drop(tag), f"gói thiếu tệp {tag}") for tag in TAGS),
        (replace(f"data/van-ban/{PATH}.docx", b"khac"), f"tệp data/van-ban/{PATH}.docx đã bị thay đổi"),
        (replace("mets.xml", b"<mets/>"), "tệp mets.xml đã bị thay đổi"),
        (replace("signature.p7s", b""), "tệp niêm phong có dữ liệu lạ"),
    ],
)
def test_a_missing_an_extra_or_another_file_is_named(
    whole: bytes, at: Callable[[bytes], PackageReport], change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    report = at(rezipped(whole, change))
    assert (report.exit_code(), told in report.problems) == (1, True), report.problems


def test_files_in_another_order_are_refused(small: bytes, at: Callable[[bytes], PackageReport]) -> None:
    def turned(files: dict[str, bytes]) -> None:
        first = next(iter(files))
        files[first] = files.pop(first)

    def swapped(files: dict[str, bytes]) -> None:
        first, second = list(files)[:2]
        kept = {second: files[second], first: files[first], **files}
        files.clear()
        files.update(kept)

    assert [at(rezipped(small, change)).exit_code() for change in (turned, swapped)] == [1, 1]


def test_new_manifests_do_not_help_without_the_key(whole: bytes, at: Callable[[bytes], PackageReport]) -> None:
    """Whoever changes a file and makes both manifests anew is found out by the seal."""

    def forge(files: dict[str, bytes]) -> None:
        files[f"{NAME}/data/van-ban/{PATH}.docx"] = b"khac"
        payload = {name: content for name, content in files.items() if name.startswith(f"{NAME}/data/")}
        rows = [f"{sha256(c).hexdigest()}  {n.partition('/')[2]}\n" for n, c in payload.items()]
        files[f"{NAME}/manifest-sha256.txt"] = "".join(rows).encode()
        tags = [(tag, files[f"{NAME}/{tag}"]) for tag in TAGS[:-2]]
        text = "".join(f"{sha256(content).hexdigest()}  {tag}\n" for tag, content in tags)
        files[f"{NAME}/tagmanifest-sha256.txt"] = text.encode()

    report = at(rezipped(whole, forge))
    assert (report.exit_code(), report.problems) == (1, ("dấu niêm phong không khớp với bản kê",))


@pytest.mark.parametrize(
    "name",
    ["../thoat.txt", "/etc/passwd", "a\\b/c", "goi-2027/../x", "goi-2027//x", "goi-2027/./x", "goi-2027/việt", "mot", "goi-2027/-rf"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(
    small: bytes, at: Callable[[bytes], PackageReport], name: str, tmp_path: Path
) -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("x" * len(name.encode()))
        archive.writestr(info, b"x")
    raw = target.getvalue().replace(b"x" * len(name.encode()), name.encode())
    assert at(raw).exit_code() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["2027.zip"]
    with pytest.raises(ValueError):
        ZipWriter(BytesIO()).add(name, [b"x"])


def test_two_members_of_one_name_are_refused(small: bytes, at: Callable[[bytes], PackageReport]) -> None:
    first = next(read_members(BytesIO(small)))
    end = first.offset + first.size
    assert "hai tệp cùng tên" in at(small[:end] + small[:end] + small[end:]).problems[0]


def test_a_bomb_has_nothing_to_unpack(at: Callable[[bytes], PackageReport]) -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("goi/data/bom", bytes(50_000_000))
    assert at(target.getvalue()).exit_code() == 1


def test_a_folder_is_read_as_strictly(unpacked: Path, tmp_path: Path) -> None:
    def changed(change: Callable[[Path], object]) -> tuple[int, str]:
        copy = tmp_path / f"ban-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(unpacked, copy)
        change(copy)
        report = verify_package(copy)
        return report.exit_code(), report.problems[0] if report.problems else ""

    docx = f"data/van-ban/{PATH}.docx"
    assert changed(lambda folder: None) == (0, "")
    assert changed(lambda folder: (folder / docx).write_bytes(b"docX")) == (1, f"tệp {docx} đã bị thay đổi")
    assert changed(lambda folder: (folder / docx).unlink()) == (1, f"gói thiếu tệp {docx}")
    assert changed(lambda folder: (folder / "data" / "la").write_bytes(b"")) == (1, "gói có tệp lạ: data/la")
    assert changed(lambda folder: (folder / "data" / "la").symlink_to("/etc/passwd"))[0] == 1
    assert changed(lambda folder: (folder / "data" / ".an").write_bytes(b""))[0] == 1


# ---- what was packed must be of one piece


def other_number(made: Contents) -> None:
    made.registered["symbol"] = "08-QĐ/ĐTN"


def no_row(made: Contents) -> None:
    made.registered = {}


def row_without_document(made: Contents) -> None:
    made.registered = {"document": "khac"}


def unlisted_document(made: Contents) -> None:
    made.more = [("van-ban/la.pdf", b"%PDF-")]


def unsigned(made: Contents) -> None:
    made.pdf = b"%PDF-1.7 khong co chu ky"
    made.row["pdf_sha256"] = sha256(made.pdf).hexdigest()


def other_event(made: Contents) -> None:
    made.events[1]["content"]["event"] = "withdrawn"  # type: ignore[index]


def event_elsewhere(made: Contents) -> None:
    made.events[1]["seq"] = 6


def event_beyond(made: Contents) -> None:
    made.events[1]["seq"] = 9


def lost_link(made: Contents) -> None:
    del made.digests[1]


def no_description(made: Contents) -> None:
    made.about = {}


@pytest.mark.parametrize("bend", [other_number, no_row, unlisted_document, unsigned])
def test_documents_that_do_not_agree_with_the_register_are_refused_though_they_are_sealed(
    signed: bytes, keys: TestKeys, at: Callable[[bytes], PackageReport], bend: Callable[[Contents], None]
) -> None:
    report = at(package(bent(signed, bend), keys))
    assert (report.exit_code(), len(report.problems), report.seal is not None) == (1, 1, True)


@pytest.mark.parametrize(
    "bend",
    [row_without_document, other_event, event_elsewhere, event_beyond, lost_link, no_description],
)
def test_events_that_do_not_agree_with_the_chain_are_refused_though_they_are_sealed(
    keys: TestKeys, at: Callable[[bytes], PackageReport], bend: Callable[[Contents], None]
) -> None:
    report = at(package(bent(b"", bend), keys))
    assert (report.exit_code(), len(report.problems) >= 1, report.seal is not None) == (1, True, True)


@pytest.mark.parametrize(
    ("docx", "problems"), [(b"docx", []), (b"other", [f"{PATH}: không phải là tệp mà nhật ký ghi lúc ban hành"])]
)
def test_a_document_is_the_one_of_which_its_event_says_that_it_came_out(
    signed: bytes, keys: TestKeys, at: Callable[[bytes], PackageReport], docx: bytes, problems: list[str]
) -> None:
    def bend(made: Contents) -> None:
        hashes = {"pdf_sha256": sha256(signed).hexdigest(), "docx_sha256": sha256(docx).hexdigest()}
        made.tell({"decision": 7, **hashes})

    report = at(package(bent(signed, bend), keys))
    assert (report.exit_code(), list(report.problems)) == (len(problems), problems)


@pytest.mark.parametrize(("symbol", "code"), [("07-QĐ/ĐTN", 0), ("08-QĐ/ĐTN", 1)])
def test_numbered_papers_of_forms_agree_with_the_register(
    keys: TestKeys, at: Callable[[bytes], PackageReport], symbol: str, code: int
) -> None:
    def bend(made: Contents) -> None:
        made.more = [("ho-so/mot/giay/1.json", made.content)]
        row = {"dated": "2027-11-28", "subject": cleaned(decision()).subject}
        made.registered = {"paper": "ho-so/mot/giay/1", "symbol": symbol, **row}

    assert at(package(bent(b"", bend), keys)).exit_code() == code


def test_an_erased_event_and_a_scan_are_told(
    signed: bytes, keys: TestKeys, at: Callable[[bytes], PackageReport]
) -> None:
    def bend(made: Contents) -> None:
        unsigned(made)
        made.row["scan"] = True
        made.more = [(f"van-ban/{PATH}-ban-quet.pdf", b"%PDF-1.4 ban quet")]
        made.events[0]["content"] = None

    report = at(package(bent(signed, bend), keys))
    assert report.exit_code() == 0
    assert [line for line in report.lines() if line.startswith("Chú ý")] == [
        f"Chú ý: {PATH} là bản quét của văn bản giấy: chỉ dấu niêm phong của gói bảo đảm cho nó",
        "Chú ý: nội dung của sự kiện 5 đã được xóa theo yêu cầu",
    ]


# ---- the form of the file itself


def test_a_package_may_be_larger_than_4_gb(tmp_path: Path) -> None:
    with (tmp_path / "lon.zip").open("w+b") as file:
        file.seek(5 << 30)  # a hole: nothing is written there
        writer = ZipWriter(file)
        members = [writer.add("goi/data/mot", [b"1" * 10]), writer.add("goi/data/hai", [b"2", b"2"])]
        writer.close()
        with zipfile.ZipFile(file) as archive:
            assert [(i.filename, i.header_offset) for i in archive.infolist()] == [(m.name, m.header) for m in members]
            assert archive.read("goi/data/hai") == b"22"


@pytest.mark.long
def test_a_package_may_hold_more_than_65535_files() -> None:
    file = BytesIO()
    writer = ZipWriter(file)
    for n in range(66_000):
        writer.add(f"goi/data/{n}", [])
    writer.close()
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 66_000
    assert sum(1 for _ in read_members(file)) == 66_000
