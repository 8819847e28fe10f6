"use strict";

// texts of more characters are read without gates and alternatives: alternatives take many
// times as long as entities
const LONGEST_WITH_DETAILS = 20_000;
const ALTERNATIVES = 5;
// units of a block of text, which is laid out only when it comes into view
const BLOCK = 20_000;
const ROWS = 200;
// a score below is unsure; a detection from here on is sure
const UNSURE = 0.5;
const SURE = 0.8;
const PALETTE = ["#9ecbff", "#ffd479", "#b5e8a1", "#f7b2d9", "#d0bfff", "#ffb49a", "#8fe3cf", "#e3d26f"];

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
// what is not certain is not shown as if it were
function share(value) {
  if (value >= 0.995) return ">0.99";
  return value < 0.005 ? "<0.01" : value.toFixed(2);
}

let model = { labels: [], colors: {}, max_length: Infinity };
// what is shown: the text, its entities with their marks, and how many are left out
let shown = { text: "", entities: [], byScore: [], nDropped: 0, rows: 0 };
let chosen = null;
let isReading = false;
let run = 0;

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

// ---- Asking

async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const answer = isJson ? await response.json() : {};
  if (!response.ok) throw new Error(answer.detail ?? `The server answers ${response.status}.`);
  return answer;
}

// characters as the server counts them: half of an emoji is none
function countCharacters(text) {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if (text.codePointAt(i) > 0xffff) count--;
  return count;
}

// the place in a string of each character
function findUnits(text) {
  const units = new Uint32Array(text.length + 1);
  let n = 0;
  for (let i = 0; i < text.length; i += text.codePointAt(i) > 0xffff ? 2 : 1) units[n++] = i;
  units[n] = text.length;
  return units;
}

async function find() {
  const text = byId("input").value.toWellFormed?.() ?? byId("input").value;
  if (isReading) return;
  const isTooLong = showCount() > model.max_length;
  byId("error").textContent = isTooLong ? `The text has more than ${number(model.max_length)} characters. Shorten it.` : "";
  if (isTooLong) return;
  setReading(true);
  try {
    const hasDetails = text.length <= LONGEST_WITH_DETAILS;
    await show(text, await ask("api/entities", { text, gates: hasDetails }), hasDetails);
  } catch (error) {
    byId("error").textContent = error.message;
  } finally {
    setReading(false);
  }
}

function setReading(value) {
  isReading = value;
  const button = byId("find");
  button.textContent = value ? "Reading …" : "Find entities";
  // a button that is disabled would lose the focus
  button.setAttribute("aria-disabled", value);
  byId("result").setAttribute("aria-busy", value);
  byId("progress").hidden = !value;
}

function showCount() {
  const count = countCharacters(byId("input").value);
  const element = byId("count");
  const isOver = count > model.max_length;
  const limit = Number.isFinite(model.max_length) ? ` of ${number(model.max_length)}` : "";
  element.textContent = `${number(count)}${limit} characters${isOver ? ": too many" : ""}`;
  element.classList.toggle("over", isOver);
  return count;
}

// ---- Showing the text

function colorOf(label) {
  if (label === null) return "#9aa3ab";
  const known = model.colors[label];
  if (known) return known;
  const index = model.labels.indexOf(label);
  return PALETTE[Math.max(index, 0) % PALETTE.length];
}

function paint(element, label, score) {
  element.style.setProperty("--type", colorOf(label));
  element.style.setProperty("--score", score ?? 1);
}

const isUnsure = (entity) => entity.score !== null && entity.score < UNSURE;
const isWhich = (entity) => isUnsure(entity) && entity.detection !== null && entity.detection >= SURE;

function makeMark(entity, text, index) {
  const mark = make("span", "entity", text.slice(entity.from, entity.to));
  const label = isWhich(entity) ? `${entity.label}?` : entity.label;
  mark.dataset.index = index;
  mark.dataset.note = entity.score === null ? label : `${label} ${share(entity.score)}`;
  mark.classList.toggle("unsure", isUnsure(entity));
  paint(mark, entity.label, entity.score);
  return mark;
}

function setDropped(entity, value) {
  const { mark } = entity;
  mark.classList.toggle("dropped", value);
  entity.row?.classList.toggle("dropped", value);
  if (value) {
    for (const name of ["role", "tabindex", "aria-label"]) mark.removeAttribute(name);
  } else {
    const score = entity.score === null ? "" : `, score ${share(entity.score)}`;
    mark.setAttribute("role", "button");
    mark.setAttribute("tabindex", "0");
    mark.setAttribute("aria-label", `${mark.textContent}, ${entity.label}${score}`);
  }
}

// where a block that begins at `start` may end: after a line, else after a word, and in
// no entity
function findEnd(text, start, entities, next) {
  if (text.length - start <= BLOCK) return text.length;
  const after = (sign) => {
    const at = text.indexOf(sign, start + BLOCK) + 1;
    return at > 0 && at <= start + 2 * BLOCK ? at : 0;
  };
  let end = after("\n") || after(" ") || start + BLOCK;
  for (let i = next; i < entities.length && entities[i].from < end; i++) end = Math.max(end, entities[i].to);
  return end;
}

async function show(text, answer, hasDetails) {
  const current = ++run;
  closePanel();
  const units = findUnits(text);
  const entities = answer.entities;
  for (const entity of entities) {
    entity.from = units[entity.start];
    entity.to = units[entity.end];
    entity.row = null;
  }
  const scored = entities.filter((entity) => entity.score !== null);
  const byScore = scored.sort((a, b) => a.score - b.score);
  shown = { ...answer, text, units, entities, hasDetails, byScore, nDropped: 0, rows: 0, state: null };
  byId("text").replaceChildren();
  byId("rows").replaceChildren();
  byId("sure").hidden = !byScore.length;
  byId("list").hidden = !entities.length;
  byId("result").hidden = false;
  let next = 0;
  for (let start = 0; start < text.length; ) {
    const end = findEnd(text, start, entities, next);
    next = addBlock(start, end, next);
    start = end;
    // the page answers between two blocks
    if (start < text.length) await new Promise((resolve) => setTimeout(resolve));
    if (current !== run) return;
  }
  addRows();
  drop();
}

function addBlock(start, end, next) {
  const { text, entities } = shown;
  const block = make("div", "block");
  let done = start;
  for (; next < entities.length && entities[next].from < end; next++) {
    const entity = entities[next];
    entity.mark = makeMark(entity, text, next);
    setDropped(entity, false);
    block.append(text.slice(done, entity.from), entity.mark);
    done = entity.to;
  }
  block.append(text.slice(done, end));
  byId("text").append(block);
  return next;
}

function addRows() {
  const { entities } = shown;
  const rows = document.createDocumentFragment();
  const end = Math.min(shown.rows + ROWS, entities.length);
  for (; shown.rows < end; shown.rows++) {
    const entity = entities[shown.rows];
    const row = make("tr", entity.mark.classList.contains("dropped") ? "dropped" : "");
    const name = make("td", "", entity.text);
    name.dir = "auto";
    row.append(name, make("td", "", entity.label));
    for (const value of [entity.score, entity.detection]) row.append(make("td", "number", value === null ? "–" : share(value)));
    entity.row = row;
    rows.append(row);
  }
  byId("rows").append(rows);
  byId("more").hidden = end === entities.length;
}

// ---- The threshold

function drop() {
  const threshold = Number(byId("threshold").value);
  const { byScore, entities } = shown;
  byId("value").textContent = threshold.toFixed(2);
  while (shown.nDropped < byScore.length && byScore[shown.nDropped].score < threshold) setDropped(byScore[shown.nDropped++], true);
  while (shown.nDropped > 0 && byScore[shown.nDropped - 1].score >= threshold) setDropped(byScore[--shown.nDropped], false);
  const all = entities.length;
  const left = all - shown.nDropped;
  const name = all === 1 ? "entity" : "entities";
  const status = all === 0 ? "None found." : shown.nDropped ? `${number(left)} of ${number(all)} ${name} stay` : `${number(all)} ${name}`;
  byId("status").textContent = status;
  if (chosen?.mark.classList.contains("dropped")) closePanel();
}

// ---- The panel

function choose(entity) {
  closePanel();
  chosen = entity;
  entity.mark.setAttribute("aria-expanded", "true");
  const heading = byId("chosen");
  heading.replaceChildren(makeMention(entity, "span"));
  if (shown.hasDetails && shown.state === null) findAlternatives();
  showParts();
  byId("hint").hidden = true;
  byId("details").hidden = false;
  byId("panel").scrollTop = 0;
  heading.focus({ preventScroll: true });
  // on a narrow screen the panel lies over the text
  entity.mark.scrollIntoView({ block: "nearest" });
}

// of all entities, once one is chosen
async function findAlternatives() {
  const current = run;
  shown.state = "Looking for alternatives …";
  let answer = null;
  try {
    answer = await ask("api/entities", { text: shown.text, alternatives: ALTERNATIVES });
  } catch (error) {
    if (current === run) shown.state = error.message;
  }
  if (current !== run) return;
  if (answer) {
    const known = new Map(answer.entities.map((entity) => [nameOf(entity), entity]));
    for (const entity of shown.entities) {
      const { candidates = null, outside = null } = known.get(nameOf(entity)) ?? {};
      Object.assign(entity, { candidates, outside });
    }
    shown.sentences = answer.sentences;
    shown.state = "";
  }
  if (chosen) showParts();
}

function showParts() {
  byId("parts").replaceChildren(...explain(chosen));
}

function closePanel() {
  const before = chosen;
  chosen = null;
  byId("details").hidden = true;
  byId("hint").hidden = false;
  before?.mark.removeAttribute("aria-expanded");
  return before;
}

function explain(entity) {
  const parts = [];
  const say = (text, className) => parts.push(make("p", className, text));
  if (entity.score === null) say("This entity has no score.", "quiet");
  else say(`Score ${share(entity.score)}: how likely it is that exactly these words are ${entity.label}.`);
  if (entity.detection !== null) say(`Detection ${share(entity.detection)}: how likely it is that they are an entity of any type.`);
  if (isWhich(entity)) say("An entity, but which? Its type is not sure.", "which");
  if (!shown.hasDetails) say(`Alternatives and gates are shown for texts of up to ${number(LONGEST_WITH_DETAILS)} characters.`, "quiet");
  if (entity.candidates) parts.push(make("h3", "", "What else it could be"), makeBars(entity));
  const sentence = shown.sentences?.find(({ start, end }) => start <= entity.start && entity.start < end);
  if (sentence?.readings.length) parts.push(make("h3", "", "Ways to read the sentence"), makeReadings(sentence));
  if (shown.state) say(shown.state, "quiet state");
  if (entity.gates) parts.push(make("h3", "", "Gates: which experts spoke"), makeGates(entity.gates));
  return parts;
}

const nameOf = ({ start, end, label }) => [start, end, label].join(" ");
const cut = ({ start, end }) => shown.text.slice(shown.units[start], shown.units[end]);

function makeBars(entity) {
  const list = make("ul", "bars");
  const itself = entity.score === null ? [] : [{ ...entity, probability: entity.score }];
  const outside = entity.outside === null ? [] : [{ label: null, probability: entity.outside }];
  const others = [...outside, ...entity.candidates].sort((a, b) => b.probability - a.probability);
  for (const candidate of [...itself, ...others]) {
    const item = make("li", candidate === itself[0] ? "this" : "");
    const bar = make("span", "bar");
    paint(bar, candidate.label, candidate.probability);
    const what = candidate.label === null ? make("span", "", "no entity") : makeMention(candidate, "span");
    item.append(what, make("span", "share", share(candidate.probability)), bar);
    list.append(item);
  }
  return list;
}

// each reading by what is other in it than in the text that is shown
function makeReadings(sentence) {
  const list = make("ol", "readings");
  // an entity without candidates is not the model's own
  const isThere = ({ start, end, candidates }) => candidates && sentence.start <= start && end <= sentence.end;
  const there = shown.entities.filter(isThere);
  const without = (some, others) => {
    const names = new Set(others.map(nameOf));
    return some.filter((entity) => !names.has(nameOf(entity)));
  };
  for (const reading of sentence.readings) {
    const item = make("li");
    const what = make("div", "what");
    const gone = without(there, reading.entities);
    const added = without(reading.entities, there);
    for (const [word, tag, entities] of [["without ", "s", gone], ["with ", "span", added]]) {
      if (!entities.length) continue;
      const line = make("div");
      line.append(make("span", "quiet", word));
      for (const entity of entities) line.append(makeMention(entity, tag), " ");
      what.append(line);
    }
    if (!gone.length && !added.length) what.append("as shown");
    item.append(make("span", "share", share(reading.probability)), what);
    list.append(item);
  }
  return list;
}

function makeMention(entity, tag) {
  const mention = make(tag, "mention", `${cut(entity)} `);
  const chip = make("span", "chip", entity.label);
  paint(chip, entity.label, 1);
  mention.dir = "auto";
  mention.append(chip);
  return mention;
}

function makeGates(tokens) {
  const table = make("table", "gates");
  const head = table.createTHead().insertRow();
  head.append(make("th"));
  for (const label of shown.experts) {
    const cell = make("th", "", label);
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const token of tokens) {
    const row = body.insertRow();
    const name = make("th", "", cut(token));
    name.scope = "row";
    name.dir = "auto";
    row.append(name);
    for (const weight of token.weights) {
      const cell = make("td", "weight", weight.toFixed(2));
      cell.style.setProperty("--score", weight);
      row.append(cell);
    }
  }
  const box = make("div", "scroll");
  box.append(table);
  return box;
}

// ---- Events

function entityAt(event) {
  const mark = event.target.closest?.("#text [role=button]");
  return mark ? shown.entities[mark.dataset.index] : null;
}

async function start() {
  byId("input").addEventListener("input", showCount);
  byId("input").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find();
  });
  byId("find").addEventListener("click", find);
  byId("threshold").addEventListener("input", drop);
  byId("more").addEventListener("click", addRows);
  byId("close").addEventListener("click", () => closePanel()?.mark.focus());
  byId("text").addEventListener("click", (event) => {
    const entity = entityAt(event);
    if (entity) choose(entity);
  });
  byId("text").addEventListener("keydown", (event) => {
    const entity = ["Enter", " "].includes(event.key) ? entityAt(event) : null;
    if (!entity) return;
    event.preventDefault();
    choose(entity);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen) closePanel().mark.focus();
  });
  try {
    model = await ask("api/model");
    byId("name").textContent = `${model.name} ${model.version}`;
    document.title = `Entities: ${model.name}`;
    byId("about").textContent = `${model.components.join(", ")}; finds ${model.labels.join(", ") || "entities"}`;
  } catch (error) {
    byId("error").textContent = error.message;
  }
  showCount();
  if (!byId("error").textContent) find();
}

start();
