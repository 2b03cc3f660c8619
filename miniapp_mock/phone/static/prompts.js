// How each prompt is led and when pictures are taken. A movement is led in steps the person can follow even
// with closed eyes (a tone and a vibration mark each step), so that the pictures surely show every phase.
// Each step: what to say, how long a person needs to follow, and how many pictures then.

const STEPS = {
  front: [{ say: "保持不动", settle: 700, shots: 2 }],
  blink: [
    { say: "先睁开眼睛", settle: 600, shots: 1 },
    { say: "慢慢闭上眼，听到提示音再睁开", settle: 900, shots: 2 },
    { say: "睁开眼睛", settle: 800, shots: 1 },
  ],
  turn_left: [{ say: "转约三十度，眼睛不要离开画面", settle: 1300, shots: 2 }],
  turn_right: [{ say: "转约三十度，眼睛不要离开画面", settle: 1300, shots: 2 }],
  open_mouth: [
    { say: "先闭上嘴", settle: 600, shots: 1 },
    { say: "张大嘴", settle: 900, shots: 2 },
    { say: "合上嘴", settle: 800, shots: 1 },
  ],
};

let sound = null;

// Browsers let a page make a sound only after a touch: called from the button that starts the challenge.
export function readySound() {
  try {
    sound = sound || new AudioContext();
    sound.resume();
  } catch {
    sound = null;
  }
}

function cue() {
  if (navigator.vibrate) navigator.vibrate(60);
  if (!sound || sound.state !== "running") return;
  const tone = sound.createOscillator();
  const gain = sound.createGain();
  gain.gain.setValueAtTime(0.12, sound.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.18);
  tone.frequency.value = 880;
  tone.connect(gain).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.2);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Lead one prompt; `stage` is told what to show, `onShot` gets (seq, picture).
export async function lead(prompt, camera, stage, onShot) {
  let seq = 0;
  const steps = STEPS[prompt.ask] || STEPS.front;
  for (const [index, step] of steps.entries()) {
    stage({ say: prompt.say, step: step.say, ask: prompt.ask, phase: `move-${index}` });
    cue();
    await sleep(step.settle);
    stage({ say: prompt.say, step: step.say, ask: prompt.ask, phase: "hold" });
    for (let n = 0; n < step.shots; n += 1) {
      if (!camera.live) throw new Error("相机已断开，请重试。");
      seq += 1;
      onShot(seq, await camera.best());
      if (n < step.shots - 1) await sleep(180);
    }
  }
}
