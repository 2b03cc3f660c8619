// Live counters while people are ticked. The server counts; without this the button 检查人数 does the same.
const form = document.getElementById("choose");
const counters = document.getElementById("counters");
const button = document.getElementById("check");
let newest = 0;

async function count() {
  const mine = ++newest;
  try {
    const answer = await fetch(counters.dataset.url, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    // Answers may overtake each other; only the newest question's counts.
    if (answer.ok && !answer.redirected && mine === newest) counters.innerHTML = await answer.text();
    else if (!answer.ok) button.hidden = false;
  } catch {
    button.hidden = false;
  }
}

if (form && counters) {
  button.hidden = true;
  let wait;
  document.addEventListener("change", (event) => {
    if (event.target.getAttribute("form") !== "choose") return;
    clearTimeout(wait);
    wait = setTimeout(count, 120);
  });
}
