// Bringing the pictures to the service. They are kept on the phone until the service has confirmed the
// hand-in, so a dead spot, a locked screen or a closed page costs nothing while the challenge lives.
import { api, newKey, NoAnswer, Problem, serverNow } from "./api.js";
import { store } from "./store.js";

export class HandIn {
  static start(opened, caseNumber) {
    return new HandIn({
      attempt: opened.attempt,
      case: caseNumber,
      expiresAt: Date.parse(opened.expires_at),
      submitKey: newKey(),
      complete: false,
      submitted: false,
      frames: [],
    });
  }

  static async resume() {
    const kept = await store.pending();
    if (!kept) return null;
    if (kept.submitted || (kept.complete && serverNow() < kept.expiresAt)) return new HandIn(kept);
    await store.drop();
    return null;
  }

  constructor(state) {
    this.state = state;
    this.failure = null;
    this.running = null;
    this.onProgress = null;
  }

  get sent() { return this.state.frames.filter((frame) => frame.sent).length; }
  get total() { return this.state.frames.length; }

  async add(n, seq, blob) {
    this.state.frames.push({ n, seq, blob, key: newKey(), sent: false });
    await store.keep(this.state);
    this.push();
  }

  // Send what is waiting, one file per request, in the background.
  push() {
    if (!this.running) this.running = this.drain().finally(() => { this.running = null; });
    return this.running;
  }

  // Repeat while the challenge lives, and say that the line is bad.
  get patience() {
    return { until: this.state.expiresAt, onWait: () => this.onProgress && this.onProgress("waiting") };
  }

  async drain() {
    for (;;) {
      const frame = this.state.frames.find((one) => !one.sent);
      if (!frame || this.failure) return;
      try {
        await api.sendFrame(this.state.attempt, frame, this.patience);
      } catch (error) {
        this.failure = error;
        return;
      }
      frame.sent = true;
      frame.blob = null;
      await store.keep(this.state);
      if (this.onProgress) this.onProgress("sent");
    }
  }

  async abandon() {
    this.failure = this.failure || new NoAnswer("已取消");
    await store.drop();
  }

  // Everything sent, then handed in: from the answer on, the attempt cannot be lost.
  async finish() {
    this.state.complete = true;
    await store.keep(this.state);
    while (!this.state.submitted) {
      await this.push();
      if (this.failure) throw this.failure;
      if (this.state.frames.some((frame) => !frame.sent)) continue;
      await api.submit(this.state.attempt, this.state.submitKey, this.patience);
      this.state.submitted = true;
      this.state.frames = [];
      await store.keep(this.state);
    }
  }

  // The verdict, however long it takes: the service waits with us, eight seconds at a time.
  async verdict(stillWanted) {
    for (;;) {
      try {
        const answer = await api.verdict(this.state.attempt, 8);
        if (answer.state !== "verifying") {
          await store.drop();
          return answer;
        }
      } catch (error) {
        if (error instanceof Problem && ![429, 503].includes(error.status)) throw error;
        await new Promise((done) => setTimeout(done, 3000));
      }
      if (!stillWanted()) return null;
    }
  }
}
