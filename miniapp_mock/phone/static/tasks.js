// One task as a card: whom it is for, how long it is open, how many have been.
import { serverNow } from "./api.js";
import { h, svg } from "./dom.js";

const DAY_MS = 86400000;

// In the words of the limit itself: the period is half-open, its last day is the day before `closes_at`.
export function timeLeft(closesAt) {
  const left = Date.parse(closesAt) - serverNow();
  if (left <= 0) return { text: "已截止", calm: false };
  const last = new Date(Date.parse(closesAt) - 1).toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", weekday: "short" });
  if (left < DAY_MS) {
    const hours = Math.floor(left / 3600000);
    const minutes = Math.max(1, Math.floor((left % 3600000) / 60000));
    return { text: `今天截止，还剩 ${hours ? `${hours} 小时 ` : ""}${minutes} 分钟`, calm: false };
  }
  const days = Math.floor(left / DAY_MS);
  return { text: `还剩 ${days} 天（${last} 24:00 截止）`, calm: days > 7 };
}

function ring(done, total) {
  const round = 2 * Math.PI * 25;
  const share = total ? done / total : 0;
  return svg("svg", { class: "ring", viewBox: "0 0 60 60", role: "img" },
    svg("title", {}, `已完成 ${done} 人，共 ${total} 人`),
    svg("circle", { cx: 30, cy: 30, r: 25 }),
    share ? svg("circle", { class: "part", cx: 30, cy: 30, r: 25, "stroke-dasharray": `${round * share} ${round}` }) : null,
    svg("text", { x: 30, y: 30 }, `${done}/${total}`));
}

const STATES = { accepted: ["您已打卡成功", "tag good"], closed: ["已结束", "tag closed"] };

export function taskCard(task, go) {
  const left = timeLeft(task.closes_at);
  const [state, look] = STATES[task.state] || [];
  const inner = [
    h("div", {},
      h("h3", {}, task.enterprise),
      h("p", { class: "small" }, task.address),
      task.state === "open" ? h("p", { class: `days num ${left.calm ? "calm" : ""}` }, left.text) : h("span", { class: look }, state)),
    ring(task.done, task.total),
  ];
  if (!go) return h("div", { class: `card task ${task.state}`, "data-case": task.case }, inner);
  return h("button", { type: "button", class: "task", "data-case": task.case, onclick: () => go(task) }, inner);
}
