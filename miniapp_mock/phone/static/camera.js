// The camera: opened once, photographed in bursts of which the sharpest picture is kept.

const LONGEST_SIDE = 960;
const LARGEST_FILE = 1_900_000;
const BURST = 3;
const BURST_GAP_MS = 70;

export class NoCamera extends Error {}

const REFUSED = {
  NotAllowedError: "没有获得相机权限。请点地址栏旁的图标打开“网站设置”，把“相机”改为允许，再点“我在这里，开始打卡”。",
  NotFoundError: "没有找到相机。请换用带前置相机的手机。",
  NotReadableError: "相机正被其他应用占用。请关闭其他使用相机的应用后重试。",
  OverconstrainedError: "相机不符合要求。请换一部手机，或到窗口办理人工核验。",
};

export class Camera {
  // Asked for before the challenge is: its seconds are not spent on a question of the browser, and whoever
  // refuses has not used up a try.
  static async allowed() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      throw new NoCamera("这个浏览器不能使用相机。请用 https 地址在手机自带的浏览器中打开。");
    }
    try {
      return await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 960 }, height: { ideal: 720 } },
      });
    } catch (error) {
      throw new NoCamera(REFUSED[error.name] || "相机打不开，请重试。");
    }
  }

  static async open(video, stream) {
    video.srcObject = stream;
    await video.play();
    return new Camera(video, stream);
  }

  constructor(video, stream) {
    this.video = video;
    this.stream = stream;
    this.canvas = document.createElement("canvas");
    this.small = document.createElement("canvas");
    this.small.width = 96;
    this.small.height = 96;
  }

  static release(stream) {
    stream.getTracks().forEach((track) => track.stop());
  }

  close() {
    Camera.release(this.stream);
    this.video.srcObject = null;
  }

  get live() {
    return this.stream.getVideoTracks().some((track) => track.readyState === "live");
  }

  // Mean grey and sharpness of the middle of the picture, where the face is asked to be.
  measure() {
    const { videoWidth: w, videoHeight: height } = this.video;
    const side = Math.min(w, height) * 0.7;
    const pen = this.small.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.video, (w - side) / 2, (height - side) / 2, side, side, 0, 0, 96, 96);
    const data = pen.getImageData(0, 0, 96, 96).data;
    const grey = new Float32Array(96 * 96);
    let sum = 0;
    for (let i = 0; i < grey.length; i += 1) {
      grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
      sum += grey[i];
    }
    let edge = 0;
    for (let y = 1; y < 95; y += 1) {
      for (let x = 1; x < 95; x += 1) {
        const i = y * 96 + x;
        const curve = 4 * grey[i] - grey[i - 1] - grey[i + 1] - grey[i - 96] - grey[i + 96];
        edge += curve * curve;
      }
    }
    return { brightness: sum / grey.length, sharpness: edge / (94 * 94) };
  }

  // One JPEG as the lens saw it: the preview is mirrored, the picture never is.
  async picture() {
    const { videoWidth: w, videoHeight: height } = this.video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(w, height));
    this.canvas.width = Math.round(w * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    for (const quality of [0.92, 0.8, 0.6]) {
      const blob = await new Promise((done) => this.canvas.toBlob(done, "image/jpeg", quality));
      if (!blob) throw new NoCamera("相机没有给出画面，请重试。");
      if (blob.size <= LARGEST_FILE) return blob;
    }
    throw new NoCamera("照片过大，请降低相机分辨率后重试。");
  }

  // The sharpest of a short burst.
  async best() {
    let best = null;
    for (let n = 0; n < BURST; n += 1) {
      const { sharpness } = this.measure();
      if (!best || sharpness > best.sharpness) best = { sharpness, blob: await this.picture() };
      if (n < BURST - 1) await new Promise((done) => setTimeout(done, BURST_GAP_MS));
    }
    return best.blob;
  }
}
