"""Running an ONNX network on the processor, by ONNX Runtime.

22 MB of weights, and a picture takes 0.3 thousand million multiplications: how the weights pass the caches
decides the time. Measured beside the DNN module of OpenCV in `python -m bench.faces`.
"""

import numpy as np
import numpy.typing as npt
import onnxruntime

Batch = npt.NDArray[np.float32]


class Runner:
    """One loaded network with one input and one output. Threads may share it; a call releases the lock."""

    def __init__(self, onnx_bytes: bytes, cores: int = 1) -> None:
        """Load; one picture runs on one core, so that several threads share the cores without fighting.

        Raises:
            ValueError: This is no network that can be run.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # A file that does not load is told by us, in Chinese.
        # A waiting helper thread must not burn the core that another picture needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = _loaded(onnx_bytes, options)
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Batch) -> Batch:
        """The output of (n, 3, height, width), at least one row: (n, dimensions), freshly allocated.

        Raises:
            ValueError: The network takes no such batch.
        """
        try:
            (output,) = self._session.run(None, {self._input: batch})
        except Exception as error:  # ONNX Runtime's errors share no other parent.
            raise ValueError("the network refused its input") from error
        return np.asarray(output, np.float32).reshape(len(batch), -1)


def _loaded(onnx_bytes: bytes, options: "onnxruntime.SessionOptions") -> "onnxruntime.InferenceSession":
    try:
        return onnxruntime.InferenceSession(onnx_bytes, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no other parent.
        raise ValueError("no network that can be run") from error
