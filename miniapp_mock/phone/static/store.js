// What this phone keeps: who it is, and an attempt that has not been handed in yet. Pictures lie in
// IndexedDB until the service has confirmed the hand-in, and not a moment longer.

const DEVICE = "daka.device";

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("daka", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("pending");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function inStore(mode, work) {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction("pending", mode);
      const asked = work(transaction.objectStore("pending"));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const store = {
  device() {
    let device = localStorage.getItem(DEVICE);
    if (!device) {
      device = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
      localStorage.setItem(DEVICE, device);
    }
    return device;
  },
  anotherPhone() {
    localStorage.removeItem(DEVICE);
    return store.drop();
  },
  datum: () => localStorage.getItem("daka.datum") || "wgs84",
  setDatum: (datum) => localStorage.setItem("daka.datum", datum),
  // {attempt, case, expiresAt, submitKey, complete, submitted, frames: [{n, seq, key, blob, sent}]}
  pending: () => inStore("readonly", (box) => box.get("attempt")).catch(() => undefined),
  keep: (attempt) => inStore("readwrite", (box) => box.put(attempt, "attempt")).catch(() => undefined),
  drop: () => inStore("readwrite", (box) => box.delete("attempt")).catch(() => undefined),
};
