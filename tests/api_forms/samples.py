"""One form that uses every widget, and answers to it as a browser sends them."""

from collections.abc import Mapping
from typing import Any

FORM: Mapping[str, Any] = {
    "$id": "mau",
    "title": "Đăng ký xây dựng mô hình",
    "description": "Chi đoàn đăng ký nội dung cho năm sau liền kề.",
    "type": "object",
    "required": [
        "loai",
        "noi_dung",
        "so_doan_vien",
        "ngay_hop",
        "linh_vuc",
        "da_hop",
        "bien_ban",
        "doan_vien",
        "cam_ket",
    ],
    "properties": {
        "don_vi": {
            "type": "string",
            "title": "Chi đoàn",
            "x-ui": {"widget": "read_only", "prefill": "unit.name", "section": "chung"},
        },
        "loai": {
            "type": "string",
            "title": "Loại chi đoàn",
            "oneOf": [{"const": "dia-ban", "title": "Địa bàn dân cư"}, {"const": "truong", "title": "Trường học"}],
            "x-ui": {"section": "chung", "hints": {"truong": "Tính theo năm học"}},
        },
        "nam_hoc": {
            "type": "string",
            "title": "Năm học",
            "pattern": "[0-9]{4}-[0-9]{4}",
            "x-ui": {
                "section": "chung",
                "width": 10,
                "show_if": {"field": "loai", "is": "truong"},
                "errors": {"pattern": "Nhập năm học dạng 2026-2027."},
            },
        },
        "thu": {"type": "string", "title": "Thư điện tử", "format": "email", "x-ui": {"section": "chung", "width": 20}},
        "noi_dung": {
            "type": "string",
            "title": "Nội dung đăng ký",
            "minLength": 10,
            "maxLength": 2000,
            "x-ui": {
                "widget": "textarea",
                "section": "noi-dung",
                "rows": 6,
                "hint": "Viết ngắn gọn, mỗi việc một dòng.",
                "help": "Nội dung bám theo bộ tiêu chí của năm.",
            },
        },
        "so_doan_vien": {
            "type": "integer",
            "title": "Số đoàn viên",
            "minimum": 3,
            "maximum": 500,
            "x-ui": {"section": "noi-dung", "width": 4, "unit": "đoàn viên"},
        },
        "so_dang_ky": {
            "type": "integer",
            "title": "Số đoàn viên đăng ký",
            "minimum": 0,
            "x-ui": {"section": "noi-dung", "width": 4, "most_field": "so_doan_vien"},
        },
        "kinh_phi": {
            "type": "integer",
            "title": "Kinh phí dự kiến",
            "minimum": 0,
            "x-ui": {"widget": "money", "section": "noi-dung", "width": 10},
        },
        "ty_le": {
            "type": "number",
            "title": "Tỷ lệ chuyên cần",
            "minimum": 0,
            "maximum": 100,
            "x-ui": {"section": "noi-dung", "width": 5, "unit": "%"},
        },
        "ngay_hop": {
            "type": "string",
            "title": "Ngày họp chi đoàn",
            "format": "date",
            "x-ui": {"section": "noi-dung", "hint": "Ví dụ 05 11 2026"},
        },
        "linh_vuc": {
            "type": "array",
            "title": "Lĩnh vực",
            "maxItems": 2,
            "items": {
                "oneOf": [
                    {"const": "moi-truong", "title": "Môi trường"},
                    {"const": "so", "title": "Chuyển đổi số"},
                    {"const": "van-hoa", "title": "Văn hóa"},
                ]
            },
            "x-ui": {"section": "noi-dung"},
        },
        "khoi": {
            "type": "string",
            "title": "Khối thi đua",
            "enum": ["Khối 1", "Khối 2", "Khối 3"],
            "x-ui": {"widget": "select", "section": "noi-dung"},
        },
        "da_hop": {"type": "boolean", "title": "Chi đoàn đã họp thống nhất", "x-ui": {"section": "noi-dung"}},
        "tieu_de": {"title": "Minh chứng", "x-ui": {"widget": "heading", "section": "tep"}},
        "luu_y": {
            "title": "",
            "x-ui": {"widget": "help", "help": "Tệp phải đọc được trên điện thoại.", "section": "tep"},
        },
        "bien_ban": {
            "type": "object",
            "title": "Biên bản họp",
            "x-ui": {"widget": "file", "accept": [".pdf", ".docx"], "max_bytes": 5242880, "section": "tep"},
        },
        "doan_vien": {
            "type": "array",
            "title": "Danh sách đoàn viên",
            "minItems": 1,
            "maxItems": 200,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["ho_ten"],
                "properties": {
                    "ho_ten": {"type": "string", "title": "Họ và tên", "maxLength": 100},
                    "ngay_sinh": {"type": "string", "format": "date", "title": "Ngày sinh", "x-ui": {"width": 10}},
                    "diem": {
                        "type": "number",
                        "title": "Điểm",
                        "minimum": 0,
                        "maximum": 10,
                        "x-ui": {"width": 4, "total": True},
                    },
                    "nu": {"type": "boolean", "title": "Nữ", "x-ui": {"widget": "check"}},
                },
            },
            "x-ui": {"section": "danh-sach", "rows": 2, "add": "Thêm đoàn viên"},
        },
        "tieu_chi": {
            "type": "array",
            "title": "Tự chấm điểm",
            "items": {
                "type": "object",
                "required": ["tu_cham"],
                "properties": {
                    "nhom": {"type": "string", "title": "Nhóm", "x-ui": {"read_only": True}},
                    "ten": {"type": "string", "title": "Tiêu chí", "x-ui": {"read_only": True}},
                    "toi_da": {"type": "number", "title": "Điểm tối đa", "x-ui": {"read_only": True, "total": True}},
                    "tu_cham": {
                        "type": "number",
                        "title": "Tự chấm",
                        "minimum": 0,
                        "x-ui": {"width": 4, "most_field": "toi_da", "total": True},
                    },
                    "ly_do": {
                        "type": "string",
                        "title": "Lý do, minh chứng",
                        "x-ui": {"widget": "textarea", "width": 20},
                    },
                },
            },
            "x-ui": {
                "widget": "score",
                "section": "danh-sach",
                "label_column": "ten",
                "group_column": "nhom",
                "prefill": "criteria",
            },
        },
        "cam_ket": {
            "type": "boolean",
            "title": "Tôi chịu trách nhiệm về nội dung trên",
            "const": True,
            "x-ui": {"widget": "check", "section": "danh-sach"},
        },
    },
    "x-ui": {
        "submit": "Kiểm tra lại",
        "sections": [
            {"id": "chung", "title": "Thông tin chung"},
            {"id": "noi-dung", "title": "Nội dung", "text": "Điền theo nghị quyết của chi đoàn."},
            {"id": "tep", "title": "Tệp kèm theo"},
            {"id": "danh-sach", "title": "Danh sách và điểm"},
        ],
    },
}

#: What the server itself knows: the unit's name and the rows of the criteria.
FACTS: Mapping[str, Any] = {
    "unit.name": "Chi đoàn Tổ dân phố số 3",
    "criteria": [
        {"nhom": "Chính trị", "ten": "Sinh hoạt đúng định kỳ", "toi_da": 10},
        {"nhom": "Chính trị", "ten": "Học tập nghị quyết", "toi_da": 5},
        {"nhom": "Phong trào", "ten": "Công trình thanh niên", "toi_da": 15},
    ],
}

#: A form filled in well, as a browser sends it.
SENT: Mapping[str, list[str]] = {
    "f.loai": ["dia-ban"],
    "f.thu": [" bithu@vidu.vn "],
    "f.noi_dung": ["Trồng 200 cây xanh.\r\nDạy người cao tuổi dùng điện thoại."],
    "f.so_doan_vien": ["42"],
    "f.so_dang_ky": ["40"],
    "f.kinh_phi": ["4.180.000"],
    "f.ty_le": ["95,5"],
    "f.ngay_hop.day": ["5"],
    "f.ngay_hop.month": ["11"],
    "f.ngay_hop.year": ["2026"],
    "f.linh_vuc": ["moi-truong", "so"],
    "f.khoi": ["Khối 2"],
    "f.da_hop": ["true"],
    "f.doan_vien.0.ho_ten": ["Trần Thị Ánh"],
    "f.doan_vien.0.ngay_sinh": ["9/3/2004"],
    "f.doan_vien.0.diem": ["8,5"],
    "f.doan_vien.0.nu": ["true"],
    "f.doan_vien.1.ho_ten": [""],
    "f.doan_vien.1.diem": [""],
    "f.tieu_chi.0._key": ["Sinh hoạt đúng định kỳ"],
    "f.tieu_chi.0.tu_cham": ["9,5"],
    "f.tieu_chi.0.toi_da": ["1000"],
    "f.tieu_chi.1._key": ["Học tập nghị quyết"],
    "f.tieu_chi.1.tu_cham": ["5"],
    "f.tieu_chi.2._key": ["Công trình thanh niên"],
    "f.tieu_chi.2.tu_cham": ["12"],
    "f.tieu_chi.2.ly_do": ["Ảnh chụp trước và sau"],
    "f.cam_ket": ["true"],
}

FILE: Mapping[str, Any] = {
    "sha256": "ab" * 32,
    "name": "bien-ban.pdf",
    "size": 120_000,
    "media_type": "application/pdf",
}
