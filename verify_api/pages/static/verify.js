// Compare a received file with the recorded digest on the reader's own device; nothing is sent anywhere.
const box = document.getElementById("compare");
const input = document.getElementById("f-file");
const told = document.getElementById("compared");

if (box && globalThis.crypto?.subtle) {
  box.hidden = false;
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const text = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    told.textContent = text === input.dataset.sha256 ? "一致：这是本平台发出的文件，未被改动。" : "不一致：这不是本平台发出的该份文件，请勿采信。";
  });
}
