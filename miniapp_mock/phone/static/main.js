// The way through a check-in: bind → consent → task → place → prompts → verdict.
import { api, NoAnswer, Problem } from "./api.js";
import { action, h, refusal, show } from "./dom.js";
import { store } from "./store.js";
import { HandIn } from "./handin.js";
import { atPlace } from "./checkin.js";
import { outcome } from "./outcome.js";
import { taskCard } from "./tasks.js";

const who = document.getElementById("who");
const offline = document.getElementById("offline");
const setOffline = () => { offline.hidden = navigator.onLine; };
addEventListener("online", setOffline);
addEventListener("offline", setOffline);
setOffline();

let inboxUrl = "";
const inboxLink = () => (inboxUrl ? h("a", { class: "small", href: inboxUrl, target: "_blank", rel: "noopener" }, "演示环境：打开短信收件箱") : null);

function busy(text) {
  show("企业打卡", {}, h("div", { class: "outcome" }, h("div", { class: "spinner", role: "presentation" }), h("p", { class: "lead" }, text)));
}

function broken(error, again) {
  show(
    "企业打卡", {},
    error instanceof Problem ? refusal(error) : refusal({ detail: error.message || "出了点问题，请重试" }),
    action("重试", again, { class: "main" }),
  );
}

async function start() {
  busy("正在登录…");
  try {
    const person = await api.signIn();
    who.textContent = person.bound ? person.name : "";
    if (!person.bound) return bindScreen();
    return await home();
  } catch (error) {
    return broken(error, start);
  }
}

function field(label, attributes) {
  const input = h("input", { required: true, autocomplete: "off", ...attributes });
  return { input, node: h("label", {}, label, input) };
}

function bindScreen() {
  const name = field("姓名", { name: "name", autocomplete: "name", maxlength: 40 });
  const number = field("身份证件号码", { name: "id_number", inputmode: "text", maxlength: 24, autocapitalize: "characters" });
  const code = field("短信验证码", { name: "sms_code", inputmode: "numeric", maxlength: 6, autocomplete: "one-time-code" });
  const said = h("div", {});
  const identity = () => [name.input.value.trim(), number.input.value.trim().toUpperCase()];

  const ask = action("获取验证码", async () => {
    said.replaceChildren();
    const [given, id] = identity();
    if (!given || !id) {
      said.replaceChildren(refusal({ detail: "请先填写姓名和身份证件号码" }));
      return;
    }
    try {
      await api.askBindCode(given, id);
      said.replaceChildren(h("div", { class: "note good", role: "status" }, h("p", {}, "如信息与三库登记一致，验证码已发往登记的手机号。"), inboxLink()));
      for (let left = 60; left > 0 && ask.isConnected; left -= 1) {
        ask.textContent = `${left} 秒`;
        await new Promise((done) => setTimeout(done, 1000));
      }
    } catch (error) {
      said.replaceChildren(refusal(error));
    } finally {
      ask.textContent = "获取验证码";
    }
  });

  const bind = action("绑定本人", async () => {
    said.replaceChildren();
    try {
      const person = await api.bind(...identity(), code.input.value.trim());
      who.textContent = person ? person.name : "";
      await consentScreen();
    } catch (error) {
      said.replaceChildren(refusal(error));
    }
  }, { class: "main" });

  show(
    "确认身份", {},
    h("div", { class: "stack" },
      h("h2", {}, "先确认您是谁"),
      h("p", { class: "lead" }, "请填写您在“三库一平台”登记的信息。验证码会发到登记的手机号，只需绑定一次。")),
    h("form", { class: "card", onsubmit: (event) => { event.preventDefault(); bind.click(); } },
      name.node, number.node,
      h("label", {}, "短信验证码", h("span", { class: "with-button" }, code.input, ask)),
      said, bind),
    h("p", { class: "small" }, "手机号不对？请单位在“三库一平台”更新后重试。港澳台及外籍人员也可到窗口办理人工核验，效力相同。"),
  );
}

const NOTICE = {
  version: "1",
  items: [
    ["处理什么", "本次打卡拍摄的人脸照片、定位和手机型号。"],
    ["为了什么", "核验您本人在企业注册地址打卡，用于建筑业企业资质动态核查。"],
    ["怎么比对", "在服务器与登记照片比对；存疑时由工作人员复核，不作其他用途。"],
    ["保存多久", "照片加密保存，复议期满后删除；核验结果按档案要求保存。"],
    ["您的权利", "可以查询、更正、要求说明，也可以撤回同意。"],
    ["别的办法", "不愿刷脸的，可到窗口由两名工作人员人工核验，效力相同。"],
  ],
};

async function consentScreen() {
  let notice = NOTICE;
  try {
    notice = { ...NOTICE, ...(await api.notice()) };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) return broken(error, consentScreen);
  }
  const said = h("div", {});
  const answer = (granted) => async () => {
    try {
      await api.consent(notice.version, granted);
      await (granted ? home() : declined());
    } catch (error) {
      // A new text came into force while the old one was being read: show it, and ask again.
      if (error instanceof Problem && error.says("notice_not_in_force")) return consentScreen();
      said.replaceChildren(refusal(error));
    }
  };
  return show(
    "个人信息告知", {},
    h("div", { class: "stack" }, h("h2", {}, "请单独同意人脸与位置的使用"), h("p", { class: "lead" }, "这是敏感个人信息，需要您单独同意。")),
    h("div", { class: "card" },
      notice.text
        ? h("div", { class: "stack" }, String(notice.text).split("\n").filter(Boolean).map((line) => h("p", {}, line)))
        : h("ul", { class: "notice" }, notice.items.map(([name, text]) => h("li", {}, h("b", {}, name), h("span", {}, text)))),
      h("p", { class: "small" }, `告知书版本 ${notice.version}`)),
    said,
    h("div", { class: "stack push" },
      action("同意，开始打卡", answer(true), { class: "main", id: "agree" }),
      action("不同意，改走窗口核验", answer(false), { class: "plain" })),
  );
}

function declined() {
  show(
    "窗口核验", {},
    h("div", { class: "card" },
      h("h2", {}, "您可以到窗口核验"),
      h("p", {}, "请带身份证件，在打卡期限内到核查部门窗口，由两名工作人员核对后登记，与刷脸打卡效力相同。"),
      h("p", { class: "strong" }, "咨询电话 ", h("a", { href: "tel:0755-83788725" }, "0755-83788725"))),
    action("改为刷脸打卡", consentScreen, { class: "plain" }),
  );
}

async function home() {
  // At once: a task touched on the old screen would open, and be put away again when the new one comes.
  busy("正在读取打卡任务…");
  const handIn = await HandIn.resume();
  if (handIn) return deliver(handIn);
  try {
    const datum = store.datum();
    return tasksScreen(await api.tasks(datum), datum);
  } catch (error) {
    if (error instanceof Problem && error.says("consent_required")) return consentScreen();
    if (error instanceof Problem && error.status === 401) return bindScreen();
    return broken(error, home);
  }
}

function tasksScreen(tasks, datum) {
  const go = (task) => atPlace(task, datum, { back: home, consent: consentScreen, deliver });
  const open = tasks.filter((task) => task.state === "open");
  const rest = tasks.filter((task) => task.state !== "open");
  show(
    "企业打卡", {},
    h("div", { class: "stack" },
      h("h2", {}, open.length ? "待您打卡" : "暂无待办打卡"),
      h("p", { class: "lead" }, open.length ? "请在截止前到企业注册地址完成，只需一次。" : "单位名单经审核通过后，任务会出现在这里。")),
    open.map((task) => taskCard(task, go)),
    rest.length ? h("h3", { class: "small" }, "其他任务") : null,
    rest.map((task) => taskCard(task, null)),
    h("div", { class: "push stack" },
      action("刷新", home, { class: "plain" }),
      h("details", {}, h("summary", { class: "small" }, "定位与设备设置"),
        h("div", { class: "stack" }, datumChoice(datum),
          action("换一位人员使用这部手机", async () => { await store.anotherPhone(); api.forget(); await start(); })))),
  );
}

function datumChoice(datum) {
  const names = { wgs84: "WGS-84（浏览器标准，绝大多数手机）", gcj02: "GCJ-02（部分国产浏览器、高德/腾讯）", bd09: "BD-09（百度）", cgcs2000: "CGCS2000" };
  const choice = h("select", { name: "datum" }, Object.entries(names).map(([value, text]) => h("option", { value, selected: value === datum }, text)));
  choice.addEventListener("change", () => { store.setDatum(choice.value); home(); });
  return h("label", {}, "浏览器给出的坐标系", choice, h("span", { class: "small" }, "只有被提示“坐标系不符”时才需要更改。"));
}

// Hand in and wait; also where a page that was closed in between goes on.
async function deliver(handIn) {
  const bar = h("progress", { max: 1, value: 0 });
  const text = h("p", { class: "lead" }, "正在上传…");
  show("企业打卡", {}, h("div", { class: "outcome" }, h("div", { class: "spinner", role: "presentation" }), text, bar,
    h("p", { class: "small" }, "请不要担心断网：内容已存在手机里，会自动续传。")));
  const update = (what) => {
    bar.value = handIn.total ? handIn.sent / handIn.total : 1;
    text.textContent = what === "waiting" ? "网络不稳，正在重试…" : `正在上传 ${handIn.sent} / ${handIn.total}`;
  };
  handIn.onProgress = update;
  try {
    if (!handIn.state.submitted) {
      update("");
      await handIn.finish();
    }
    bar.remove();
    text.textContent = "已收到，正在核验…";
    const verdict = await handIn.verdict(() => text.isConnected);
    if (verdict) outcome(verdict, { home });
  } catch (error) {
    if (error instanceof NoAnswer) return broken(error, () => deliver(handIn));
    await handIn.abandon();
    return broken(error, home);
  }
  return undefined;
}

fetch("/settings.json").then((answer) => answer.json()).then((settings) => { inboxUrl = settings.inbox_url || ""; }).catch(() => {});
start();
