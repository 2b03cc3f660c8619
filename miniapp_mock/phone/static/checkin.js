// At the place, and in front of the camera.
import { api, newKey, NoAnswer, Problem, serverNow } from "./api.js";
import { Camera, NoCamera } from "./camera.js";
import { action, h, refusal, show, svg } from "./dom.js";
import { HandIn } from "./handin.js";
import { asPosition, locate, sketch, wayTo } from "./place.js";
import { lead, readySound } from "./prompts.js";
import { store } from "./store.js";
import { timeLeft } from "./tasks.js";

const STALE_MS = 40000;
const HURRY_S = 20;

const device = () => ({
  id: store.device(),
  model: (navigator.userAgentData && navigator.userAgentData.platform) || navigator.platform || "未知",
  platform: "web",
});

const metresText = (m) => (m >= 1000 ? `${(m / 1000).toFixed(1)} 千米` : `${Math.round(m)} 米`);

function drawing(task, fix) {
  const way = wayTo(task.fence, fix);
  return [
    sketch(task.fence, fix),
    h("div", { class: "facts num" },
      h("div", {}, h("b", {}, metresText(way.distance_m)), h("span", {}, "距打卡中心")),
      h("div", {}, h("b", {}, way.seemsInside ? "范围内" : `向${way.wind}`), h("span", {}, way.seemsInside ? "以服务器核对为准" : "前往方向")),
      h("div", {}, h("b", {}, `±${Math.round(fix.accuracy_m)} 米`), h("span", {}, "定位精度"))),
  ];
}

// Step one: is this phone where the task is? Sent to the service, which alone decides. `why` says what ended
// an earlier try; it stays until the person begins again.
export function atPlace(task, datum, ways, why = "") {
  const picture = h("div", { class: "stack" }, sketch(task.fence, null));
  const said = h("div", { class: "stack" });
  const before = h("div", {}, why ? refusal({ detail: why }) : null);
  let fix = null;
  let opening = false;

  const look = async () => {
    said.replaceChildren(h("p", { class: "lead", role: "status" }, "正在定位，请稍候…"));
    try {
      fix = await locate(datum, (found) => picture.replaceChildren(...drawing(task, found)));
      if (!picture.isConnected) return;
      picture.replaceChildren(...drawing(task, fix));
      said.replaceChildren();
    } catch (error) {
      fix = null;
      said.replaceChildren(refusal({ detail: error.message }));
    }
    begin.disabled = !fix;
    // What is to be done next is the button that stands out.
    relocate.className = fix ? "plain" : "main";
    begin.hidden = !fix;
  };

  const begin = action("我在这里，开始打卡", async () => {
    if (opening) return;
    opening = true;
    before.replaceChildren();
    readySound();
    let stream = null;
    try {
      if (!fix || Date.now() - fix.at > STALE_MS) await look();
      if (!fix) return;
      said.replaceChildren(h("p", { class: "lead", role: "status" }, "请允许使用相机…"));
      stream = await Camera.allowed();
      said.replaceChildren(h("p", { class: "lead", role: "status" }, "正在核对位置…"));
      const opened = await api.openAttempt({ case: task.case, position: asPosition(fix), device: device() }, newKey());
      const granted = stream;
      stream = null;
      await challenge(task, opened, granted, ways);
    } catch (error) {
      if (error instanceof Problem && error.says("consent_required")) { ways.consent(); return; }
      said.replaceChildren(refusal(error instanceof Problem || error instanceof NoAnswer ? error : { detail: error.message }));
      if (error instanceof Problem && error.says("wrong_datum_suspected")) said.append(h("p", { class: "small" }, "可返回首页，在“定位与设备设置”里更改坐标系。"));
      if (!(error instanceof NoCamera)) fix = null;
    } finally {
      if (stream) Camera.release(stream);
      opening = false;
    }
  }, { class: "main", id: "begin" });
  begin.disabled = true;
  const relocate = action("重新定位", look, { class: "plain", id: "relocate" });

  show("到达地点", { back: ways.back },
    h("div", { class: "stack" }, h("h2", {}, task.enterprise), h("p", { class: "lead" }, task.address),
      h("p", { class: "small num" }, timeLeft(task.closes_at).text)),
    before,
    h("div", { class: "card" }, picture, said),
    h("div", { class: "push stack" }, begin, relocate));
  look();
}

function guide(ask) {
  return svg("svg", { class: "face", viewBox: "0 0 64 64", "data-ask": ask, "aria-hidden": "true" },
    svg("path", { d: "M14 28c0-12 8-20 18-20s18 8 18 20c0 14-8 28-18 28S14 42 14 28z" }),
    svg("ellipse", { class: "eye", cx: 25, cy: 29, rx: 3, ry: 4 }),
    svg("ellipse", { class: "eye", cx: 39, cy: 29, rx: 3, ry: 4 }),
    svg("path", { class: "mouth", d: "M26 44c3 2 9 2 12 0" }),
    svg("ellipse", { class: "open-mouth", cx: 32, cy: 44, rx: 5, ry: 6 }),
    svg("path", { class: "arrow-l", d: "M8 32h-5m3-4l-4 4 4 4" }),
    svg("path", { class: "arrow-r", d: "M56 32h5m-3-4l4 4-4 4" }));
}

const OVAL = "M50 18c18 0 30 14 30 34 0 24-14 42-30 42S20 76 20 52c0-20 12-34 30-34z";

function mask() {
  return svg("svg", { class: "mask", viewBox: "0 0 100 130", preserveAspectRatio: "xMidYMid meet", "aria-hidden": "true" },
    svg("path", { class: "shade", "fill-rule": "evenodd", d: `M-200-200h500v600h-500z${OVAL}` }),
    svg("path", { class: "rim", d: OVAL, "vector-effect": "non-scaling-stroke" }));
}

const LIGHT = (brightness) => (brightness < 50 ? "光线太暗，请面向亮处" : brightness > 215 ? "光线太强，请避开直射" : "");

// Step two: the prompts in front of the camera, each led and photographed, sent while the next is shown.
async function challenge(task, opened, stream, ways) {
  const video = h("video", { playsinline: true, muted: true, autoplay: true });
  const what = h("span", { class: "what", role: "status", "aria-live": "assertive" }, "请把脸放进框内");
  const step = h("span", { class: "step" }, "准备好后点“开始”");
  const light = h("p", { class: "light", hidden: true });
  const clock = h("span", { class: "num clock" });
  const warned = h("span", { class: "unseen", role: "status" });
  const dots = h("div", { class: "dots" }, opened.prompts.map(() => h("i", {})));
  const under = h("div", { class: "under" });
  const stage = h("div", { class: "stage", "data-phase": "ready" }, video, mask(), h("div", { class: "say" }, what, step), under, warned);
  show("刷脸核验", { shooting: true, back: () => leave() }, stage);

  const handIn = HandIn.start(opened, task.case);
  let camera = null;
  let left = false;
  const tick = setInterval(() => {
    const seconds = Math.max(0, Math.floor((handIn.state.expiresAt - serverNow()) / 1000));
    clock.textContent = `剩余 ${seconds} 秒`;
    clock.classList.toggle("hurry", seconds <= HURRY_S);
    // Seconds that tick are not read out; that they run short is.
    if (seconds <= HURRY_S && !warned.textContent) warned.textContent = `还剩 ${seconds} 秒，请尽快完成`;
    if (camera && camera.live) {
      const said = LIGHT(camera.measure().brightness);
      light.textContent = said;
      light.hidden = !said;
    }
    if (seconds === 0 && !left) leave("这次核验超过了时限，请重新开始");
  }, 500);

  const shut = () => { clearInterval(tick); if (camera) camera.close(); camera = null; };
  async function leave(why) {
    if (left) return;
    left = true;
    shut();
    await handIn.abandon();
    atPlace(task, store.datum(), ways, why);
  }

  const tell = (shown) => {
    what.textContent = shown.say;
    step.textContent = shown.step;
    stage.dataset.ask = shown.ask;
    stage.dataset.phase = shown.phase;
    const face = under.querySelector(".face");
    if (!face || face.dataset.ask !== shown.ask) under.replaceChildren(light, guide(shown.ask), dots, clock);
  };

  async function run() {
    for (const [index, prompt] of opened.prompts.entries()) {
      [...dots.children].forEach((dot, n) => { dot.className = n < index ? "past" : n === index ? "now" : ""; });
      await lead(prompt, camera, tell, (seq, blob) => handIn.add(prompt.n, seq, blob));
      if (left) return;
      if (handIn.failure) throw handIn.failure;
    }
    left = true;
    shut();
    await ways.deliver(handIn);
  }

  const go = action("开始", async () => {
    try {
      await run();
    } catch (error) {
      await leave(error.detail || error.message);
    }
  }, { class: "main", id: "go" });
  under.append(light, dots, clock, go);
  try {
    camera = await Camera.open(video, stream);
    stage.dataset.camera = "live";
  } catch (error) {
    Camera.release(stream);
    await leave(error.message);
  }
}
