"""What can be asked of the product from a terminal? `chuky WORD …`; each word's module is loaded only when it is said.

Answers 0 when all went well, 1 when something was found or failed, 2 when the words or the settings cannot be used.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from engine.errors import ChukyError

_ABOUT = "Chuky: điều hành các chu kỳ đăng ký, đánh giá, công nhận hằng năm."
_EPILOGUE = "Xem cách dùng từng lệnh: chuky LỆNH --help. Các thiết đặt CHUKY_…: docs/operations.md."


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the words ask; answers the exit code."""
    options = _parser().parse_args(arguments)
    if options.run is None:
        _parser().print_help()
        return 2
    try:
        return int(_loaded(options.run)(options))
    except ChukyError as error:
        return _explain(error)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing is left to be flushed.
        sys.stdout = None
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_of_database(error):
            raise
        return _explain_database(error)


def _loaded(name: str) -> Callable[[argparse.Namespace], int]:
    module, _, function = name.partition(":")
    command: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(f"api.commands.{module}"), function)
    return command


def _explain(error: ChukyError) -> int:
    from api.commands.saying import explain

    return explain(error)


#: What the drivers of the two databases raise when it cannot be reached, or has not the tables that are asked for.
_OF_DATABASE = {"sqlalchemy.exc.OperationalError", "sqlalchemy.exc.ProgrammingError"}


def _is_of_database(error: Exception) -> bool:
    # By name: nothing heavy is loaded to find out that it was not even in use.
    return any(f"{kind.__module__}.{kind.__name__}" in _OF_DATABASE for kind in type(error).mro())


def _explain_database(error: Exception) -> int:
    """Say that the database is of another version, or cannot be reached or used.

    The driver's first line tells why and holds no password.
    """
    from api.commands.house import not_of_this_version
    from api.commands.saying import explain, say

    other = not_of_this_version()
    if other is not None:
        return explain(other)
    if type(error).__name__ == "ProgrammingError":
        raise error
    reason = str(getattr(error, "orig", error)).splitlines()
    say("Không dùng được cơ sở dữ liệu (CHUKY_DATABASE_URL, CHUKY_DATA): hãy kiểm tra địa chỉ, quyền và máy chủ.")
    say(f"  {reason[0] if reason else type(error).__name__}")
    return 1


_VERSION = "mã băm (từ 6 ký tự đầu), tên mô hình, hoặc tên@số thứ tự"


class _Formatter(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, "Cách dùng: " if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """Speaks Vietnamese, its headings included."""

    def __init__(self, prog: str, *, description: str, epilog: str | None = None) -> None:
        super().__init__(prog, description=description, epilog=epilog, add_help=False, formatter_class=_Formatter)
        self._positionals.title, self._optionals.title = "Tham số", "Tùy chọn"
        self.add_argument("-h", "--help", action="help", help="in phần hướng dẫn này")

    def error(self, message: str) -> NoReturn:
        """Say how the words are meant, and end."""
        self.print_usage(sys.stderr)
        self.exit(2, f"Chưa đúng cách dùng: {message}\n")


def _parser() -> _Parser:
    parser = _Parser("chuky", description=_ABOUT, epilog=_EPILOGUE)
    parser.set_defaults(run=None)
    words = parser.add_subparsers(title="Các lệnh", metavar="LỆNH")
    for add in (_add_running, _add_looking, _add_versions, _add_operating, _add_keeping, _add_verifying, _add_people):
        add(lambda name, run, about: _word(words, name, run, about))
    return parser


Adder = Callable[[str, str, str], _Parser]


def _word(words: "argparse._SubParsersAction[_Parser]", name: str, run: str, about: str) -> _Parser:
    parser = words.add_parser(name, help=about, description=about)
    parser.set_defaults(run=run)
    return parser


def _add_running(add: Adder) -> None:
    serve = add("serve", "serve:serve", "Chạy trang web và tiến trình nền.")
    serve.add_argument("--no-worker", action="store_true", help="chỉ chạy trang web; tiến trình nền chạy ở nơi khác")
    serve.add_argument("--host", help="địa chỉ mạng để lắng nghe (CHUKY_HOST)")
    serve.add_argument("--port", type=int, help="cổng để lắng nghe (CHUKY_PORT)")
    worker = add("worker", "serve:work", "Chạy tiến trình nền: gửi thư, lập và ký văn bản, việc đến hạn.")
    worker.add_argument("--leash", action="store_true", help=argparse.SUPPRESS)
    demo = add("demo", "demo:demo", "Chạy bản trình diễn: một thành phố giả định đã sống đến hôm nay.")
    demo.add_argument("--fresh", action="store_true", help="xóa dữ liệu trình diễn cũ rồi làm lại từ đầu")
    demo.add_argument("--port", type=int, help="cổng để lắng nghe (CHUKY_PORT)")


def _add_looking(add: Adder) -> None:
    rehearse = add("rehearse", "rehearse:rehearse", "Diễn tập trọn một năm của một mô hình với người ảo.")
    rehearse.add_argument(
        "model", metavar="MÔ_HÌNH", nargs="?", help="tên mô hình có sẵn, hoặc đường dẫn tới thư mục mô hình"
    )
    rehearse.add_argument("--all", action="store_true", dest="every", help="mọi mô hình có sẵn, trong một thành phố")
    rehearse.add_argument("--year", type=int, required=True, help="năm của chu kỳ")
    rehearse.add_argument(
        "--units",
        type=int,
        default=60,
        help="số đơn vị tham gia (mặc định 60); với --all: của mô hình có thành phố riêng",
    )
    rehearse.add_argument(
        "--share", type=int, default=None, help="với --all: số đơn vị tham gia của thành phố chung (mặc định tất cả)"
    )
    rehearse.add_argument(
        "--owner", metavar="MÃ_ĐƠN_VỊ", default="", help="diễn tập như mô hình của riêng một đơn vị của thành phố chung"
    )
    rehearse.add_argument("--out", type=Path, required=True, help="thư mục nhận kết quả; kết quả cũ ở đó bị thay")
    rehearse.add_argument("--seed", type=int, default=1, help="hạt giống ngẫu nhiên: cùng số thì cùng kết quả")
    dates = add("dates", "dates:dates", "Tính mọi hạn của một mô hình; không cần cơ sở dữ liệu.")
    dates.add_argument("model", metavar="MÔ_HÌNH", help="tên mô hình có sẵn, hoặc đường dẫn tới thư mục mô hình")
    dates.add_argument("--year", type=int, metavar="NĂM", help="năm của chu kỳ")
    dates.add_argument(
        "--event",
        metavar="SỰ_KIỆN=NGÀY",
        action="append",
        default=[],
        help="ngày xảy ra sự kiện mà hạn được tính từ đó: tên hạn (hoặc tên sự kiện)=2026-11-10 (lặp lại được)",
    )
    dates.add_argument("--at", metavar="THỜI_ĐIỂM", help="xét một lần nộp lúc này, ví dụ 2026-11-10T08:30:00+07:00")
    dates.add_argument(
        "--confirmed",
        action="store_true",
        help="coi như cách đọc “trước ngày” (không kể ngày được nêu) đã được xác nhận",
    )
    dates.add_argument(
        "--next", type=int, metavar="SỐ_LẦN", help="xem các lần đến hạn tiếp theo của mỗi hạn, từ --at hoặc từ hôm nay"
    )
    dates.add_argument("--json", action="store_true", help="in kết quả dạng JSON (xem docs/dates.md)")
    validate = add("validate", "process:validate", "Kiểm tra quy trình BPMN, bảng DMN hoặc thư mục mô hình.")
    validate.add_argument(
        "paths", metavar="ĐƯỜNG_DẪN", nargs="+", type=Path, help="tệp .bpmn, .dmn hoặc thư mục mô hình"
    )
    validate.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
    simulate = add("simulate", "process:simulate", "Chạy thử một quy trình theo yêu cầu JSON, in kết quả JSON.")
    simulate.add_argument(
        "request", metavar="TỆP", nargs="?", default="-", help="tệp JSON; “-” hoặc để trống: đọc đầu vào chuẩn"
    )
    decide = add("decide", "process:decide", "Hỏi một bảng quyết định theo yêu cầu JSON, in kết quả JSON.")
    decide.add_argument(
        "request", metavar="TỆP", nargs="?", default="-", help="tệp JSON; “-” hoặc để trống: đọc đầu vào chuẩn"
    )

    for name, about in (
        ("score", "Tính điểm của một đơn vị theo bộ tiêu chí: JSON vào, JSON ra."),
        ("rank", "Xếp hạng các đơn vị theo khối: JSON vào, JSON ra."),
        ("target", "Đối chiếu số liệu với chỉ tiêu của một năm: JSON vào, JSON ra."),
    ):
        word = add(name, f"weighing:{name}", about)
        word.add_argument(
            "request", metavar="TỆP", nargs="?", default="-", help="tệp JSON; “-” hoặc để trống: đọc đầu vào chuẩn"
        )


def _add_versions(add: Adder) -> None:
    deploy = add("deploy", "deploying:deploy", "Kiểm tra rồi triển khai một mô hình từ thư mục hoặc tệp ZIP.")
    deploy.add_argument("path", metavar="THƯ_MỤC|ZIP", type=Path, help="thư mục mô hình hoặc tệp ZIP của nó")
    deploy.add_argument(
        "--owner",
        metavar="MÃ_ĐƠN_VỊ",
        default="",
        help="đơn vị có mô hình này, chỉ đơn vị ấy và cấp trên thấy; bỏ trống: như cũ, mô hình mới là của toàn hệ thống",
    )
    add("packs", "deploying:packs", "Xem các bản đã triển khai của mọi mô hình.")
    diff = add("diff", "deploying:diff", "So hai bản của một mô hình, từng phần tử một.")
    for name, text in (("old", "bản cũ"), ("new", "bản mới")):
        diff.add_argument(name, metavar=text.upper().replace(" ", "_"), help=f"{text}: {_VERSION}, hoặc đường dẫn")
    diff.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
    export = add("export", "deploying:export", "Xuất một bản đã triển khai ra thư mục.")
    export.add_argument("version", metavar="BẢN", help=_VERSION)
    export.add_argument("folder", metavar="THƯ_MỤC", type=Path, help="thư mục mới hoặc còn trống")
    switch = add("switch", "deploying:show_help", "Chuyển các quy trình đang chạy của một chu kỳ sang bản khác.")
    acts = switch.add_subparsers(title="Các việc", metavar="VIỆC")
    for name, about in (
        ("try", "Thử chuyển, chưa thay đổi gì: từng quy trình vừa hay không vừa bản mới."),
        ("start", "Chuyển thật: bản nháp và ngày đến hạn được giữ."),
    ):
        word = _word(acts, name, f"deploying:{name}_switch", about)
        word.add_argument("cycle", metavar="CHU_KỲ", help="số của chu kỳ, hoặc MÔ_HÌNH/NĂM")
        word.add_argument("version", metavar="BẢN", help=_VERSION)
        word.add_argument(
            "--map", metavar="CŨ=MỚI", action="append", default=[], help="bước đã đổi mã: mã cũ=mã mới (lặp lại được)"
        )
        if name == "start":
            _add_reason(word)
    for name, run, about in (
        ("report", "report", "Xem kết quả của một lần chuyển, từng quy trình một."),
        ("undo", "undo_switch", "Hoàn tác một lần chuyển."),
    ):
        word = _word(acts, name, f"deploying:{run}", about)
        word.add_argument("number", metavar="SỐ", type=int, help="số của lần chuyển")
        if name == "undo":
            _add_reason(word)


def _add_operating(add: Adder) -> None:
    why = add("why", "operating:why", "Vì sao hồ sơ đang chờ: ai, đến khi nào, rồi thì sao.")
    why.add_argument("dossier", metavar="HỒ_SƠ", help="số hồ sơ, hoặc mã đơn vị")
    instance = add("instance", "operating:show_help", "Xem, tạm dừng, hủy hoặc chuyển bước một quy trình đang chạy.")
    acts = instance.add_subparsers(title="Các việc", metavar="VIỆC")
    listed = _word(acts, "list", "operating:listed", "Xem các quy trình của hồ sơ và những nhánh đang chờ.")
    listed.add_argument("dossier", metavar="HỒ_SƠ", help="số hồ sơ, hoặc mã đơn vị")
    for name, about in (
        ("suspend", "Tạm dừng: việc rời khỏi danh sách, đồng hồ ngừng chạy."),
        ("resume", "Tiếp tục: hạn tính từ khi bắt đầu được lùi bằng thời gian đã dừng."),
        ("cancel", "Hủy: quy trình kết thúc trước khi xong."),
    ):
        word = _word(acts, name, f"operating:{name}", about)
        word.add_argument("number", metavar="SỐ", type=int, nargs="+", help="số của quy trình")
        _add_reason(word)
    move = _word(acts, "move", "operating:move", "Chuyển một nhánh đang chờ sang bước khác.")
    move.add_argument("number", metavar="SỐ", type=int, nargs=1, help="số của quy trình")
    move.add_argument("token", metavar="NHÁNH", help="số của nhánh (chuky instance list)")
    move.add_argument("step", metavar="BƯỚC", help="mã bước trong sơ đồ")
    _add_reason(move)
    incidents = add("incident", "operating:incidents", "Xem các sự cố đang chờ, thử lại một hoặc cả một loại.")
    incidents.add_argument("--retry", metavar="SỐ", type=int, help="thử lại một sự cố")
    incidents.add_argument(
        "--retry-all", metavar="LOẠI", help="thử lại mọi sự cố cùng loại, ví dụ process hoặc message"
    )
    add("watchdog", "operating:watch", "Tìm những quy trình không chờ gì mà cũng không xong.")


def _add_reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="lý do, được ghi vào nhật ký")


def _add_verifying(add: Adder) -> None:
    verify = add(
        "verify", "verify:verify", "Kiểm tra văn bản PDF đã ký hoặc gói lưu trữ, không cần mạng và cơ sở dữ liệu."
    )
    verify.add_argument(
        "paths", metavar="TỆP|GÓI", nargs="+", type=Path, help="tệp PDF, gói lưu trữ (.zip) hoặc thư mục đã giải nén"
    )
    verify.add_argument(
        "--trust", metavar="TỆP", type=Path, help="các chứng thư gốc tin cậy (PEM); bỏ trống: CHUKY_TRUST"
    )
    verify.add_argument("--strict", action="store_true", help="chỉ chấp nhận chứng thư do tổ chức tin cậy cấp")


def _add_keeping(add: Adder) -> None:
    add("migrate", "keeping:migrate", "Đưa cơ sở dữ liệu lên phiên bản này.")
    add("health", "keeping:health", "Xem hệ thống có đủ những gì cần để làm việc.")
    add("keys", "keeping:keys", "Xem các khóa ký của máy chủ: của ai, ai cấp, hiệu lực đến khi nào, có gì vướng.")
    audit = add("audit", "keeping:audit", "Đọc lại toàn bộ chuỗi nhật ký xem có bị sửa không.")
    audit.add_argument(
        "what", metavar="verify", nargs="?", choices=["verify"], help="đọc lại cả sổ đăng ký và từng tệp trong kho"
    )
    backup = add("backup", "keeping:backup", "Sao lưu cơ sở dữ liệu, kho tệp và khóa bí mật.")
    backup.add_argument("--out", type=Path, required=True, help="thư mục nhận bản sao lưu")
    restore = add("restore", "keeping:restore", "Khôi phục một bản sao lưu vào nơi còn trống, rồi đọc lại toàn bộ.")
    restore.add_argument(
        "backup", metavar="BẢN_SAO_LƯU", type=Path, help="thư mục sao lưu (bản mới nhất), hoặc tệp chuky-….json"
    )
    bounce = add("bounce", "keeping:bounce", "Ghi nhận thư báo không đến nơi mà máy chủ thư chuyển vào.")
    bounce.add_argument(
        "report", metavar="TỆP", nargs="?", default="-", help="tệp thư báo; “-” hoặc để trống: đọc đầu vào chuẩn"
    )
    transfer = add("transfer", "keeping:transfer", "Chuyển toàn bộ dữ liệu sang một cơ sở dữ liệu khác, còn trống.")
    transfer.add_argument("--to", required=True, metavar="URL", help="ví dụ postgresql://nguoi@may/ten")


def _add_people(add: Adder) -> None:
    init = add("init", "people:init", "Ngày đầu tiên: lập đơn vị gốc và người quản trị đầu tiên.")
    init.add_argument("--unit-code", required=True, help="mã của đơn vị gốc, ví dụ TD")
    init.add_argument("--unit-name", required=True, help="tên đầy đủ của đơn vị gốc")
    init.add_argument("--unit-kind", default="city_union", help="loại đơn vị (mặc định city_union)")
    init.add_argument("--unit-symbol", default="", help="chữ viết tắt trong ký hiệu văn bản, ví dụ ĐTN")
    init.add_argument("--place", default="", help="địa danh ghi trước ngày tháng của văn bản")
    _add_person(init)
    user = add("user", "people:show_help", "Quản lý tài khoản từ máy chủ.")
    acts = user.add_subparsers(title="Các việc", metavar="VIỆC")
    new = _word(acts, "add", "people:add", "Thêm một tài khoản và in mã đăng nhập lần đầu.")
    _add_person(new)
    new.add_argument("--unit", required=True, help="mã đơn vị")
    new.add_argument("--role", required=True, help="vai trò, ví dụ secretary")
    for name, about in (
        ("slip", "Bỏ mật khẩu cũ và in mã đăng nhập mới."),
        ("disable", "Khóa tài khoản và kết thúc mọi phiên đăng nhập."),
        ("enable", "Mở lại tài khoản đã khóa."),
    ):
        _word(acts, name, f"people:{name}", about).add_argument("username", help="tên đăng nhập")


def _add_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--username", required=True, help="tên đăng nhập")
    parser.add_argument("--full-name", required=True, help="họ và tên")
    parser.add_argument("--email", default="", help="địa chỉ thư điện tử")


if __name__ == "__main__":
    sys.exit(main())
