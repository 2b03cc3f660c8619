// Shows what has come in since the page was opened. Without this script a reload does the same.
const EVERY_MS = 2000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
    if (!now || now.innerHTML === old.innerHTML) continue;
    const atEnd = old.scrollTop + old.clientHeight >= old.scrollHeight - 40;
    old.innerHTML = now.innerHTML;
    if (atEnd) old.scrollTop = old.scrollHeight;
  }
}

const talk = document.querySelector('[data-live="talk"]');
if (talk) talk.scrollTop = talk.scrollHeight;
setInterval(() => refresh().catch(() => {}), EVERY_MS);
