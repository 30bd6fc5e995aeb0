// Keeps both halves of the page up to date. One in which somebody types, chooses or marks text is left alone meanwhile.
"use strict";

const EVERY_MILLISECONDS = 2000;
const shown = new Map();

function inUse(half) {
  const selection = document.getSelection();
  return half.contains(document.activeElement) || (!selection.isCollapsed && half.contains(selection.anchorNode));
}

async function refresh(half) {
  if (inUse(half)) return;
  const answer = await fetch(half.dataset.source + location.search);
  if (!answer.ok) throw new Error(`${half.dataset.source}: HTTP ${answer.status}`);
  const html = await answer.text();
  if (html === shown.get(half) || inUse(half)) return;
  shown.set(half, html);
  half.innerHTML = html;
}

async function refreshAll() {
  const state = document.getElementById("state");
  try {
    await Promise.all(Array.from(document.querySelectorAll("[data-source]"), refresh));
    state.className = "";
    state.textContent = "in a local cloud on this machine";
  } catch (error) {
    state.className = "lost";
    state.textContent = `The local cloud does not answer (${error.message}); what you see is old.`;
  }
  setTimeout(refreshAll, EVERY_MILLISECONDS);
}

refreshAll();
