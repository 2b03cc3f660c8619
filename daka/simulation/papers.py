"""Small real files for uploads: scans, a licence, a video, a report."""

import struct

import cv2
import numpy as np

from miniapp_mock.client.line import Upload


def scan(number: str, *, title: str = "CERTIFICATE") -> Upload:
    """A scan of a paper with this number on it; two numbers give two different files."""
    page = np.full((420, 594, 3), 246, np.uint8)
    cv2.rectangle(page, (18, 18), (575, 401), (40, 40, 150), 2)
    cv2.putText(page, title, (60, 110), cv2.FONT_HERSHEY_DUPLEX, 1.2, (40, 40, 40), 2)
    ascii_number = number.encode("ascii", "replace").decode()
    cv2.putText(page, ascii_number, (60, 220), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (60, 60, 60), 2)
    cv2.putText(page, "SAMPLE", (60, 340), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (190, 190, 215), 3)
    _, jpeg = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return "scan.jpg", jpeg.tobytes(), "image/jpeg"


def licence(uscc: str) -> Upload:
    """A 营业执照."""
    return scan(uscc, title="BUSINESS LICENCE")


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def video(seconds: int = 15) -> Upload:
    """An MP4 of that length without pictures: headers are all the service looks at before a reviewer does."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000)
    header += struct.pack(">IH10x", 0x10000, 0x0100) + matrix + struct.pack(">24xI", 2)
    movie = _box(b"moov", _box(b"mvhd", header))
    data = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isommp41") + movie + _box(b"mdat")
    return "enterprise.mp4", data, "video/mp4"


def report(text: str) -> Upload:
    """A 整改报告 as a one-page PDF without text layer trickery: smallest valid file."""
    stream = f"BT /F1 14 Tf 60 760 Td ({text.encode('ascii', 'replace').decode()}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for n, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{n} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    out += f"xref\n0 {count}\n0000000000 65535 f \n{table}".encode()
    tail = f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{out.index(b'xref')}\n%%EOF\n"
    return "report.pdf", out + tail.encode(), "application/pdf"
