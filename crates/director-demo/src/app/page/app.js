"use strict";

const find = (id) => document.getElementById(id);
const LIMIT_MS = 2500;
let pid = find("pid").textContent;

/** Shows the state in words, a mark and a colour: never by colour alone. */
function showState(state, text) {
  const box = find("state");
  if (box.dataset.state !== state || find("state-text").textContent !== text) {
    box.dataset.state = state;
    find("state-text").textContent = text;
  }
}

function say(text) {
  find("news").textContent = text;
}

function duration(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

const ask = (path, options) => fetch(path, { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS), ...options });

async function refreshInfo() {
  const info = await (await ask("/info")).json();
  if (String(info.pid) !== pid) {
    say(`A new run: process ${info.pid} took over from ${pid}.`);
    pid = String(info.pid);
  }
  find("pid").textContent = info.pid;
  find("uptime").textContent = duration(info.uptime_ms);
  find("visits").textContent = info.visits ?? "locked";
  find("leaked").textContent = `${info.leaked_mb} MB`;
}

async function refreshHealth() {
  const answer = await ask("/health");
  const text = await answer.text();
  let body = null;
  try { body = JSON.parse(text); } catch { /* shown as it is */ }
  const shown = body ? JSON.stringify(body, null, 2) : text;
  find("health").textContent = `HTTP ${answer.status}\n${shown}`;
  const status = answer.ok && body ? body.status : "unhealthy";
  if (status === "healthy" || status === "degraded") showState(status, status);
  else showState("unhealthy", body?.status ?? "invalid answer");
}

async function refresh() {
  try {
    await refreshInfo();
    await refreshHealth();
  } catch (error) {
    const hung = error.name === "TimeoutError";
    showState("gone", hung ? "no answer" : "not reachable");
    find("health").textContent = hung ? "no answer in time" : "nothing listens";
  }
}

/** One loop for ever; a hidden page asks for nothing and goes on when it is looked at. */
async function loop() {
  for (;;) {
    if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
    else {
      await refresh();
      await new Promise((later) => setTimeout(later, 1000));
    }
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  say(`${button.textContent} …`);
  try {
    const answer = await ask(form.getAttribute("action"), { method: "POST", signal: AbortSignal.timeout(8000) });
    const body = await answer.json();
    say(`${button.textContent}: ${body.done ?? body.error}.`);
  } catch {
    say(`${button.textContent}: no answer.`);
  } finally {
    button.disabled = false;
  }
});

loop();
