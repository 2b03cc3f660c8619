// The verdict, in words a person can act on.
import { action, h, show, svg } from "./dom.js";

const SEALS = {
  accepted: ["good", "M12 26l9 9 19-20"],
  rejected: ["bad", "M15 15l22 22M37 15L15 37"],
  needs_review: ["warn", "M26 12v16l10 6"],
};

const TITLES = { accepted: "打卡成功", rejected: "这次没有通过", needs_review: "已提交人工复核" };

function lead(verdict) {
  if (verdict.state === "accepted") {
    if (!verdict.total) return "您的打卡已记录。";
    return verdict.done >= verdict.total
      ? `全部 ${verdict.total} 人已完成打卡。`
      : `已完成 ${verdict.done} 人，共 ${verdict.total} 人。请提醒其他同事在期限内打卡。`;
  }
  if (verdict.state === "needs_review") return "系统无法自动判断，已转工作人员复核。您按时提交的打卡不会因等待复核而逾期。";
  return "本次记录已保留。请按下面的提示调整后再试。";
}

export function outcome(verdict, { home }) {
  const [look, path] = SEALS[verdict.state] || SEALS.needs_review;
  const reasons = verdict.reasons || [];
  show("核验结果", {},
    h("section", { class: "card outcome", "data-state": verdict.state },
      h("div", { class: `seal ${look}` }, svg("svg", { viewBox: "0 0 52 52", "aria-hidden": "true" }, svg("path", { d: path }))),
      h("h2", {}, TITLES[verdict.state] || "核验中"),
      h("p", { class: "lead" }, lead(verdict)),
      reasons.length
        ? h("ul", { class: "reasons" }, reasons.map((reason) => h("li", { "data-code": reason.code }, h("span", { class: "strong" }, reason.message), reason.hint ? h("span", { class: "hint" }, reason.hint) : null)))
        : null),
    h("div", { class: "push stack" },
      action(verdict.state === "rejected" ? "再试一次" : "返回任务", home, { class: "main", id: "again" }),
      verdict.state === "rejected" ? h("p", { class: "small" }, "多次未通过？可带身份证件到窗口由两名工作人员核验，效力相同。咨询 ", h("a", { href: "tel:0755-83788725" }, "0755-83788725")) : null));
}
