// Where this phone is, and a drawing of it against the fence. The drawing only helps the person: whether
// the place is right is decided by the service.
import { serverNow } from "./api.js";
import { svg } from "./dom.js";

const GOOD_ENOUGH_M = 30;
const USABLE_M = 100;
const HURRY_MS = 6000;
const LIMIT_MS = 20000;

export class NoPlace extends Error {}

const REFUSED = {
  1: "没有获得定位权限。请点地址栏旁的图标打开“网站设置”，把“位置”改为允许，再点“重新定位”。",
  2: "手机暂时无法定位。请打开系统定位服务，走到窗边或室外后重试。",
  3: "定位超时。请走到窗边或室外后重试。",
};

// The best fix of the next seconds: at once if it is sharp, otherwise the sharpest of what comes.
export function locate(datum, onFix) {
  return new Promise((done, failed) => {
    if (!navigator.geolocation) {
      failed(new NoPlace("这个浏览器不支持定位，请换用手机自带的浏览器。"));
      return;
    }
    const began = performance.now();
    let best = null;
    let watch = 0;
    const end = (settle) => {
      navigator.geolocation.clearWatch(watch);
      clearInterval(timer);
      settle();
    };
    const finish = () => end(() => (best ? done(best) : failed(new NoPlace(REFUSED[3]))));
    const timer = setInterval(() => {
      const past = performance.now() - began;
      if (past > LIMIT_MS || (past > HURRY_MS && best && best.accuracy_m <= USABLE_M)) finish();
    }, 250);
    watch = navigator.geolocation.watchPosition(
      (found) => {
        const { longitude, latitude, accuracy } = found.coords;
        const fix = { longitude, latitude, datum, accuracy_m: accuracy, at: Date.now() };
        if (!best || fix.accuracy_m <= best.accuracy_m) best = fix;
        if (onFix) onFix(best);
        if (best.accuracy_m <= GOOD_ENOUGH_M) finish();
      },
      (error) => {
        if (error.code === 1 || !best) end(() => failed(new NoPlace(REFUSED[error.code] || REFUSED[2])));
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: LIMIT_MS },
    );
  });
}

// The fix in the contract's form. Its age is this phone's to know; the hour is the server's.
export function asPosition(fix) {
  const age = Date.now() - fix.at;
  return {
    longitude: fix.longitude,
    latitude: fix.latitude,
    datum: fix.datum,
    accuracy_m: fix.accuracy_m,
    captured_at: new Date(serverNow() - age).toISOString(),
  };
}

function metres(centre) {
  const east = 111320 * Math.cos((centre[1] * Math.PI) / 180);
  return ([lng, lat]) => [(lng - centre[0]) * east, (lat - centre[1]) * 110574];
}

// All rings of a polygon fence, outer ones and holes alike.
function rings(fence) {
  if (!fence || fence.kind !== "polygon" || !fence.geometry) return [];
  const { type, coordinates } = fence.geometry;
  return type === "MultiPolygon" ? coordinates.flat() : coordinates;
}

function centreOf(fence) {
  if (fence.center) return fence.center;
  const outer = rings(fence)[0] || [[0, 0]];
  const sum = outer.reduce(([x, y], [lng, lat]) => [x + lng, y + lat], [0, 0]);
  return [sum[0] / outer.length, sum[1] / outer.length];
}

const WINDS = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];

// How far and which way from the fix to the middle of the fence.
export function wayTo(fence, fix) {
  const [x, y] = metres(centreOf(fence))([fix.longitude, fix.latitude]);
  const bearing = (Math.atan2(-x, -y) * 180) / Math.PI;
  const distance = Math.hypot(x, y);
  const seemsInside = fence.kind !== "polygon" && distance <= fence.radius_m;
  return { distance_m: distance, seemsInside, wind: WINDS[Math.round(((bearing + 360) % 360) / 45) % 8] };
}

const SIZE = 320;

export function sketch(fence, fix) {
  const toMetres = metres(centreOf(fence));
  const radius = fence.radius_m || 300;
  const me = fix ? toMetres([fix.longitude, fix.latitude]) : [0, 0];
  const reach = Math.max(radius * 1.25, Math.hypot(...me) * 1.2, fix ? Math.min(fix.accuracy_m, 3 * radius) : 0);
  const scale = SIZE / 2 / reach;
  const at = ([x, y]) => [SIZE / 2 + x * scale, SIZE / 2 - y * scale];
  const spoken = fix
    ? `示意图：距打卡中心约 ${Math.round(Math.hypot(...me))} 米，定位精度 ${Math.round(fix.accuracy_m)} 米`
    : "示意图：打卡范围";
  const parts = [svg("title", {}, spoken)];
  if (fence.kind === "polygon") {
    const path = rings(fence).map((ring) => "M" + ring.map((p) => at(toMetres(p)).map((v) => v.toFixed(1)).join(",")).join("L") + "Z");
    parts.push(svg("path", { class: "fence", d: path.join(""), "fill-rule": "evenodd" }));
  } else {
    parts.push(svg("circle", { class: "fence", cx: SIZE / 2, cy: SIZE / 2, r: radius * scale }));
  }
  parts.push(svg("path", { class: "centre", d: `M${SIZE / 2 - 6},${SIZE / 2}h12M${SIZE / 2},${SIZE / 2 - 6}v12` }));
  if (fix) {
    const [x, y] = at(me);
    parts.push(svg("circle", { class: "doubt", cx: x, cy: y, r: Math.max(6, Math.min(fix.accuracy_m, 3 * reach) * scale) }));
    if (Math.hypot(...me) > radius) parts.push(svg("line", { class: "way", x1: x, y1: y, x2: SIZE / 2, y2: SIZE / 2 }));
    parts.push(svg("circle", { class: "me", cx: x, cy: y, r: 8 }));
  }
  const bar = [50, 100, 200, 500, 1000, 2000, 5000, 10000].find((m) => m * scale > 45) || 20000;
  parts.push(
    svg("path", { class: "rule", d: `M12,${SIZE - 14}h${(bar * scale).toFixed(1)}`, fill: "none" }),
    svg("text", { x: 12, y: SIZE - 20 }, bar >= 1000 ? `${bar / 1000} 千米` : `${bar} 米`),
    svg("text", { x: SIZE - 24, y: 22 }, "北"),
    svg("path", { class: "rule", d: `M${SIZE - 18},44v-16l-5,7m5,-7l5,7`, fill: "none" }),
  );
  return svg("svg", { class: "sketch", viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img" }, ...parts);
}
