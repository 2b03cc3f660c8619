// The phone's contract over fetch. Every call may be repeated without harm: a POST carries an
// Idempotency-Key, and a repeat sends exactly the same bytes.
import { store } from "./store.js";

const ROOT = "/api/v1/miniapp";
const TIMEOUT_MS = 15000;
const PAUSES_MS = [400, 1000, 2500, 5000];
const LONGEST_WAIT_MS = 10000; // A service that asks for more is telling the person, not the page.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || "请求未能完成");
    this.status = status;
    this.code = body.code || `http_${status}`;
    this.detail = body.detail || "请求未能完成，请稍后重试";
    this.hint = body.hint || "";
    this.reasons = body.reasons || [];
  }
  says(code) {
    return this.code === code || this.reasons.some((reason) => reason.code === code);
  }
}

export class NoAnswer extends Error {}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// Between the server's clock and this phone's. Deadlines and the age of a fix are told in the server's time.
let serverAhead = 0;
export const serverNow = () => Date.now() + serverAhead;

function learnTime(answer) {
  const told = Date.parse(answer.headers.get("X-Server-Time") || answer.headers.get("Date") || "");
  if (Number.isFinite(told) && Math.abs(told - serverNow()) > 2000) serverAhead = told - Date.now();
}

async function once(path, init, timeout) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  try {
    const answer = await fetch(path, { ...init, signal: stop.signal, cache: "no-store", credentials: "omit" });
    learnTime(answer);
    const text = await answer.text();
    let body = null;
    try { body = text ? JSON.parse(text) : null; } catch { body = null; }
    return { answer, body };
  } finally {
    clearTimeout(timer);
  }
}

async function patiently(path, init, { timeout = TIMEOUT_MS, until = Infinity, onWait } = {}) {
  for (let n = 0; ; n += 1) {
    let wait = PAUSES_MS[Math.min(n, PAUSES_MS.length - 1)];
    const mayRepeat = until === Infinity ? n < PAUSES_MS.length : serverNow() + wait < until;
    try {
      const { answer, body } = await once(path, init, timeout);
      if (answer.ok) return body;
      const problem = new Problem(answer.status, body || {});
      const passing = [429, 502, 503, 504].includes(answer.status) || problem.code === "request_in_progress";
      wait = Math.max(wait, 1000 * (Number(answer.headers.get("Retry-After")) || 0));
      if (!passing || !mayRepeat || wait > LONGEST_WAIT_MS) throw problem;
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (!mayRepeat) throw new NoAnswer("暂时连接不上服务器，请检查网络后重试");
    }
    if (onWait) onWait();
    await sleep(wait);
  }
}

let token = null;

async function authorised(path, init, options) {
  const go = () => patiently(ROOT + path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }, options);
  if (!token) await api.signIn();
  try {
    return await go();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    await api.signIn();
    if (!token) throw error;
    return go();
  }
}

const posting = (body, key) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json", "Idempotency-Key": key || newKey() },
});

// What wx.login gives a mini-program: a fresh code each time, for whoever holds this phone.
async function loginCode() {
  const answer = await patiently("/wx/login", posting({ device: store.device() }));
  return answer.code;
}

export const api = {
  async signIn() {
    const answer = await patiently(`${ROOT}/sessions`, posting({ code: await loginCode() }));
    token = answer.token;
    return answer.person;
  },
  async askBindCode(name, idNumber) {
    return patiently(`${ROOT}/sessions/bind/sms`, posting({ name, id_number: idNumber }));
  },
  async bind(name, idNumber, smsCode) {
    const code = await loginCode();
    const body = { code, name, id_number: idNumber, sms_code: smsCode };
    const answer = await patiently(`${ROOT}/sessions/bind`, posting(body));
    token = answer.token;
    return answer.person;
  },
  notice: () => authorised("/notice", { method: "GET" }),
  consent: (version, granted) => authorised("/consents", posting({ notice_version: version, granted })),
  tasks: (datum) => authorised(`/tasks?datum=${encodeURIComponent(datum)}`, { method: "GET" }),
  openAttempt: (body, key) => authorised("/attempts", posting(body, key)),
  async sendFrame(attempt, frame, options) {
    const form = new FormData();
    form.append("n", String(frame.n));
    form.append("seq", String(frame.seq));
    form.append("file", frame.blob, `${frame.n}-${frame.seq}.jpg`);
    const wrapped = new Response(form); // Wrapped once, so that a repeat has the same boundary.
    const headers = { "Content-Type": wrapped.headers.get("Content-Type"), "Idempotency-Key": frame.key };
    const body = await wrapped.arrayBuffer();
    return authorised(`/attempts/${attempt}/frames`, { method: "POST", body, headers }, options);
  },
  submit: (attempt, key, options) => authorised(`/attempts/${attempt}/submit`, posting({}, key), options),
  verdict: (attempt, waitS) => authorised(`/attempts/${attempt}?wait_s=${waitS}`, { method: "GET" }, { timeout: 1000 * waitS + TIMEOUT_MS }),
  forget() { token = null; },
};
