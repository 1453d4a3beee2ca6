// The page shows what /console/view tells and asks /console/changes when to look again; it keeps no history of its own.
const $ = (id) => document.getElementById(id);
const KINDS = { residents: "居民群", members: "党员群", secretaries: "书记群", units: "单位群", private: "私聊" };
const SYMBOLS = { residents: "people", members: "star", secretaries: "desk", units: "wrench" };
const ABOUT = {
  residents: "居民在这里说事，小邻听得见每一句",
  members: "党员和志愿者在这里接单",
  secretaries: "书记在这里派单、看情况",
  units: "物业和单位在这里接转来的单",
};
const HINTS = {
  residents: "这里是居民群。像平时一样说句话，小邻听到要帮忙的事，就会记下来找人。",
  members: "这里是党员群。居民那边有了单，小邻会发到这里，点“接单”就接下了。",
  secretaries: "这里是书记群。问一句就知道眼下有几单，也可以直接派人。",
  units: "这里是单位群。书记转来的单会出现在这里。",
  private: "这里是私聊，只有本人和小邻看得见。地址和电话只会出现在这里。",
};
const WEEKDAYS = "日一二三四五六";
const GAP_MS = 5 * 60_000;
const STORE = "linli-console";

let view = null;
let viewAt = 0; // when it was fetched, by this page's own clock
let chatKey = "";
let revision = "";
let quoted = null;
let screen = "list";
let atEnd = true; // the newest line is in sight, and shall stay so
let isFirst = true;
const drafts = new Map(); // chat → words not sent yet
const speakers = new Map(); // chat → who speaks there
const shown = new Map(); // id of a line → {node, mark}
let seen = remembered();

// What the browser remembers: how many lines of each chat were looked at

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? null;
  } catch {
    return null; // not readable or not allowed: nothing is unread then
  }
}

function remember() {
  try {
    localStorage.setItem(STORE, JSON.stringify(seen));
  } catch {
    // A private window may refuse; the badges then last as long as the page.
  }
}

// Talking to the server

class Refused extends Error {
  constructor(status, says) {
    super(says);
    this.status = status;
  }
}

async function ask(path, body, signal) {
  const options = { signal, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json", "X-Linli-Console": "1" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(`/console/${path}`, options);
  if (answer.status === 204) return null;
  const content = await answer.json().catch(() => null);
  if (answer.ok) return content;
  throw new Refused(answer.status, content?.detail ?? "小邻这边出了点岔子，请再试一次。");
}

const NO_LINE = "没连上小邻，请稍等再试。";
const words = (error) => (error instanceof Refused ? error.message : NO_LINE);

let looking = null;
function refresh() {
  // One look at a time; whoever asks meanwhile gets a fresh one after it.
  looking = (looking ?? Promise.resolve()).catch(() => {}).then(async () => {
    const wanted = chatKey;
    const fresh = await ask(`view?chat=${encodeURIComponent(wanted)}`);
    if (wanted !== chatKey) return;
    view = fresh;
    viewAt = performance.now();
    revision = fresh.revision;
    show();
  });
  return looking;
}

async function follow() {
  let wait = 500;
  for (;;) {
    try {
      if (view === null) await refresh();
      const answer = await ask(`changes?seen=${encodeURIComponent(revision)}`);
      if (answer.revision !== revision) await refresh();
      $("offline").hidden = true;
      wait = 500;
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        await login();
        continue;
      }
      $("offline").textContent = error instanceof Refused ? error.message : "和小邻的连接断了，正在重连…";
      $("offline").hidden = false;
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(wait * 2, 5000);
    }
  }
}

// Small pieces of the page

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function symbol(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function face(user, name, kind) {
  const node = make("span", "face");
  node.setAttribute("aria-hidden", "true");
  if (kind && SYMBOLS[kind]) {
    node.classList.add("group", kind);
    node.append(symbol(SYMBOLS[kind]));
  } else if (user === "") {
    node.classList.add("bot");
    node.append(symbol("bot"));
  } else {
    let sum = 0;
    for (const char of user) sum = (sum * 31 + char.codePointAt(0)) % 9973;
    node.classList.add(`c${sum % 8}`);
    node.textContent = Array.from(name).at(-1) ?? "邻";
  }
  return node;
}

const clockOf = (iso) => iso.slice(11, 16);
const dayOf = (iso) => iso.slice(0, 10);
const weekday = (day) => `周${WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()]}`;
const nice = (day) => `${+day.slice(5, 7)}月${+day.slice(8, 10)}日`;

function stamp(iso) {
  const days = Math.round((Date.parse(dayOf(view.now)) - Date.parse(dayOf(iso))) / 86_400_000);
  const day = days === 0 ? "" : days === 1 ? "昨天 " : days === -1 ? "明天 " : `${nice(dayOf(iso))} ${weekday(dayOf(iso))} `;
  return day + clockOf(iso);
}

function localNow() {
  const offset = view.now.slice(-6);
  const minutes = (offset[0] === "-" ? -1 : 1) * (+offset.slice(1, 3) * 60 + +offset.slice(4, 6));
  return new Date(Date.parse(view.now) + (performance.now() - viewAt) + minutes * 60_000).toISOString();
}

function tick() {
  if (view === null) return;
  const now = localNow();
  const text = `${nice(dayOf(now))} ${weekday(dayOf(now))} ${clockOf(now)}`;
  if ($("clock").textContent !== text) $("clock").textContent = text;
}

const chat = () => view?.chats.find((one) => one.key === chatKey);
const person = (user) => view.people.find((one) => one.user === user);

// Showing

function show() {
  if (view.chat === null && chatKey !== "") {
    go("list");
    chatKey = "";
  }
  if (isFirst) {
    isFirst = false;
    seen ??= Object.fromEntries(view.chats.map((one) => [one.key, one.said]));
    for (const button of document.querySelectorAll("#mention, #ideas")) button.disabled = false;
    $("mention").textContent = `@${view.bot}`;
    readAddress();
    if (chatKey !== (view.chat ?? "")) return;
  }
  tick();
  showTalk();
  showLines();
  countSeen();
  showChats();
  showOrders();
}

function countSeen() {
  const here = chat();
  const looked = document.visibilityState === "visible" && (screen === "chat" || matchMedia("(min-width: 761px)").matches);
  let changed = false;
  for (const one of view.chats) {
    const was = seen[one.key] ?? 0;
    const is = one === here && looked ? one.said : Math.min(was, one.said);
    if (was !== is) {
      seen[one.key] = is;
      changed = true;
    }
  }
  if (changed) remember();
}

const momentOf = (one) => (one.last_at ? Date.parse(one.last_at) : 0);
const unread = (one) => one.said - (seen[one.key] ?? 0);

function badge(count) {
  const node = make("span", "badge", count > 99 ? "99+" : String(count));
  node.append(make("span", "sr", "条没看"));
  return node;
}

function showChats() {
  const focused = document.activeElement?.dataset?.chat;
  const home = $("chats");
  home.replaceChildren();
  const several = new Set(view.chats.map((one) => one.community).filter(Boolean)).size > 1;
  for (const [title, isPrivate] of [["群", false], ["私聊：看看每个人单独收到了什么", true]]) {
    const ones = view.chats.filter((one) => (one.kind === "private") === isPrivate);
    if (ones.length === 0) continue;
    home.append(make("h2", "", title));
    // Whoever heard something last stands first, as in any chat; the groups keep their places.
    if (isPrivate) ones.sort((one, other) => momentOf(other) - momentOf(one));
    for (const one of ones) home.append(chatButton(one, several));
  }
  if (focused !== undefined) home.querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const elsewhere = view.chats.filter((one) => one.key !== chatKey).reduce((sum, one) => sum + unread(one), 0);
  $("back-count").hidden = elsewhere === 0;
  $("back-count").textContent = elsewhere > 99 ? "99+" : String(elsewhere);
  $("back").setAttribute("aria-label", elsewhere ? `回到聊天列表，还有${elsewhere}条没看` : "回到聊天列表");
  document.title = `${elsewhere ? `（${elsewhere}）` : ""}邻里应声 · 试用`;
}

function chatButton(one, several) {
  const button = make("button", "chat");
  button.type = "button";
  button.dataset.chat = one.key;
  if (one.key === chatKey) button.setAttribute("aria-current", "true");
  const body = make("span", "body");
  const top = make("span", "row");
  top.append(make("span", "name", several && one.kind !== "private" ? `${one.community}${one.name}` : one.name));
  if (one.last_at) top.append(make("span", "when", stamp(one.last_at)));
  const bottom = make("span", "row");
  bottom.append(make("span", "last", one.last || (one.kind === "private" ? person(one.members[0])?.about : ABOUT[one.kind]) || ""));
  if (unread(one) > 0) bottom.append(badge(unread(one)));
  body.append(top, bottom);
  button.append(face(one.kind === "private" ? one.members[0] : null, one.name, one.kind), body);
  button.addEventListener("click", () => open(one.key));
  return button;
}

function showTalk() {
  const here = chat();
  document.querySelector(".talk").classList.toggle("is-private", here?.kind === "private");
  $("composer").hidden = !here;
  if (!here) {
    $("talk-name").textContent = "选一个群看看";
    $("talk-about").textContent = "";
    return;
  }
  const isPrivate = here.kind === "private";
  $("talk-name").textContent = isPrivate ? `${here.name} 和 ${view.bot} 的私聊` : here.name;
  $("talk-about").textContent = isPrivate ? person(here.members[0])?.about ?? "" : ABOUT[here.kind];
  showSpeakers(here);
  $("mention").hidden = isPrivate;
  $("text").placeholder = isPrivate ? `以${here.name}的身份和${view.bot}说…` : "说句话…";
  $("empty").hidden = view.lines.length > 0;
  $("empty-words").textContent = HINTS[here.kind];
  showTries($("empty-tries"), here);
  showTries($("idea-list"), here);
}

function showSpeakers(here) {
  const picker = $("speaker");
  const options = here.members.map((user) => [user, person(user)?.name ?? user, person(user)?.about.split(" ")[0] ?? ""]);
  const mark = JSON.stringify([here.key, options]);
  if (picker.dataset.mark === mark) return;
  picker.dataset.mark = mark;
  picker.replaceChildren();
  for (const role of new Set(options.map((option) => option[2]))) {
    const group = make("optgroup", "");
    group.label = role;
    for (const [user, name] of options.filter((option) => option[2] === role)) {
      const option = make("option", "", name);
      option.value = user;
      group.append(option);
    }
    picker.append(group);
  }
  if (here.kind === "residents") {
    const option = make("option", "", "新邻居…");
    option.value = "+";
    picker.append(option);
  }
  const wanted = speakers.get(here.key);
  picker.value = here.members.includes(wanted) ? wanted : here.members[0] ?? "";
  speakers.set(here.key, picker.value);
  picker.disabled = here.kind === "private" || options.length === 0;
  showMine();
}

function tries(here) {
  const open = view.orders.find((order) => order.is_live && order.missing > 0)?.no;
  const live = open ?? view.orders.find((order) => order.is_live)?.no;
  const held = view.orders.find((order) => order.is_live && order.helpers)?.no;
  const known = (no, text) => (no === undefined ? [] : [text(no)]);
  switch (here.kind) {
    case "residents":
      return ["厨房灯不亮了，3栋", "明天上午想请人陪我妈去医院拿药", ...known(live, (no) => `进度${no}`), "帮助"];
    case "members":
      return [...known(open, (no) => `接${no}`), ...known(held, (no) => `完成${no}`), "我的单", "帮助"];
    case "secretaries":
      return [...known(open, (no) => `派单${no} 陈刚`), "本周情况", ...known(live, (no) => `进度${no}`), "帮助"];
    default:
      return ["我的单", "帮助"];
  }
}

function showTries(home, here) {
  const wanted = tries(here);
  if (home.dataset.mark === JSON.stringify(wanted)) return;
  home.dataset.mark = JSON.stringify(wanted);
  home.replaceChildren();
  for (const text of wanted) {
    const button = make("button", "", text);
    button.type = "button";
    button.addEventListener("click", () => {
      $("text").value = text;
      fit();
      closeIdeas();
      $("text").focus();
    });
    home.append(button);
  }
}

// The lines of the open chat: only what is new or changed is touched, so that nobody's focus or reading is disturbed

function showLines() {
  const log = $("log");
  const isOther = log.dataset.chat !== chatKey;
  log.setAttribute("aria-busy", String(isOther));
  if (isOther) {
    log.dataset.chat = chatKey;
    log.replaceChildren();
    shown.clear();
  }
  let last = null;
  let added = 0;
  let place = log.firstChild;
  const present = new Set();
  for (const line of view.lines) {
    const stamped = last === null || Date.parse(line.at) - Date.parse(last.at) > GAP_MS ? stamp(line.at) : "";
    const mark = JSON.stringify([line, stamped]);
    present.add(line.id);
    let known = shown.get(line.id);
    if (!known) {
      known = { node: lineNode(line, stamped), mark, line };
      if (!isOther) added += 1;
      shown.set(line.id, known);
    } else if (known.mark !== mark) {
      const node = lineNode(line, stamped);
      if (line.updated_at !== known.line.updated_at) node.classList.add("fresh");
      if (place === known.node) place = node;
      known.node.replaceWith(node);
      known = { node, mark, line };
      shown.set(line.id, known);
    }
    if (known.node === place) place = place.nextSibling;
    else log.insertBefore(known.node, place);
    last = line;
  }
  for (const [id, known] of shown) {
    if (present.has(id)) continue;
    known.node.remove();
    shown.delete(id);
  }
  showMine();
  log.setAttribute("aria-busy", "false");
  if (isOther || atEnd) toEnd();
  else if (added) $("newer").hidden = false;
}

function toEnd() {
  const scroll = $("scroll");
  scroll.scrollTop = scroll.scrollHeight;
  atEnd = true;
  $("newer").hidden = true;
}

function showMine() {
  const me = $("speaker").value;
  for (const { node, line } of shown.values()) node.classList.toggle("mine", line.who !== "" && line.who === me);
}

function lineNode(line, stamped) {
  const item = make("li", "");
  item.dataset.line = line.id;
  if (stamped) item.append(make("p", "stamp", stamped));
  if (line.kind === "press") {
    item.append(make("p", "press", `${line.name} 按了“${line.text}”`));
    return item;
  }
  const row = make("div", "line");
  row.append(face(line.who, line.name));
  const stack = make("div", "stack");
  const who = make("span", "who", line.name);
  if (line.who === "") who.append(make("span", "robot", "机器人"));
  const said = make("div", "said");
  said.append(line.is_card ? card(line) : bubble(line));
  if (line.who === "") said.append(citing(line));
  stack.append(who, said);
  if (line.quote) stack.append(make("span", "cite", `引用：${line.quote}`));
  row.append(stack);
  item.append(row);
  return item;
}

function bubble(line) {
  const node = make("div", "bubble");
  if (line.kind !== "text") {
    const voice = make("span", "voice");
    voice.append(symbol("voice"), line.kind === "voice" ? "语音转的文字" : "语音，没太听清");
    node.append(voice);
  }
  node.append(line.text);
  return node;
}

function card(line) {
  const node = make("div", "bubble card");
  const body = make("div", "words");
  const head = line.title && line.text.startsWith(line.title) ? line.title : "";
  if (head) body.append(make("span", "card-head", head));
  body.append(head ? line.text.slice(head.length).replace(/^[。\s]+/, "") : line.text);
  node.append(body);
  if (line.updated_at) node.append(make("p", "updated", `已更新 ${stamp(line.updated_at)}`));
  if (line.buttons.length) {
    const row = make("div", "buttons");
    for (const label of line.buttons) {
      const button = make("button", "", label);
      button.type = "button";
      button.addEventListener("click", () => press(line, label, button));
      row.append(button);
    }
    node.append(row);
  }
  return node;
}

function citing(line) {
  const button = make("button", "citing");
  button.type = "button";
  button.title = "引用这句";
  button.append(symbol("quote"), make("span", "sr", "引用这句"));
  button.addEventListener("click", () => quote(line));
  return button;
}

function quote(line) {
  cite(line);
  $("text").focus();
}

function cite(line) {
  quoted = line;
  $("quoted").hidden = line === null;
  $("quoted-text").textContent = line ? `${line.name}：${line.text}` : "";
}

function showOrders() {
  const home = $("orders");
  $("no-orders").hidden = view.orders.length > 0;
  const mark = JSON.stringify([view.orders, dayOf(view.now)]);
  if (home.dataset.mark === mark) return;
  home.dataset.mark = mark;
  home.replaceChildren();
  for (const order of view.orders) {
    const item = make("li", "order");
    const head = make("div", "head");
    head.append(make("span", "no", `${order.no}号`), make("span", "what", order.what));
    head.append(make("span", `state ${order.is_live ? order.state : "ended"}`, order.state_name));
    const facts = make("dl", "");
    const fact = (name, value, className) => {
      if (value) facts.append(make("dt", "", name), make("dd", className, value));
    };
    fact("谁要", order.asker);
    fact("谁去", order.helpers + (order.missing ? `${order.helpers ? "，" : ""}还差${order.missing}人` : ""));
    if (order.next) fact("下一步", `${order.next_at ? `${stamp(order.next_at)} ` : ""}${order.next}`, "next");
    item.append(head, facts);
    home.append(item);
  }
}

// What people do

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A line whose answer never came is sent again under the same id, so that it stays one line.
const unsent = new Map();
let sending = Promise.resolve();

function say() {
  const text = $("text").value.trim();
  if (text === "") return;
  const cited = quoted;
  const line = { chat: chatKey, speaker: $("speaker").value, text, kind: $("kind").value, quote: cited?.id ?? null };
  const mark = JSON.stringify(line);
  const id = unsent.get(mark) ?? newId();
  unsent.set(mark, id);
  compose("", null, "text");
  $("problem").textContent = "";
  // One after the other: what was typed first is said first.
  sending = sending.then(async () => {
    try {
      await ask("say", { id, ...line });
      unsent.delete(mark);
      if (chatKey === line.chat) toEnd();
      await refresh().catch(() => {});
    } catch (error) {
      if (chatKey === line.chat && $("text").value === "") compose(text, cited, line.kind);
      else drafts.set(line.chat, text);
      $("problem").textContent = words(error);
    }
  });
}

function compose(text, cited, kind) {
  $("text").value = text;
  $("kind").value = kind;
  cite(cited);
  fit();
}

async function press(line, label, button) {
  button.disabled = true;
  $("problem").textContent = "";
  try {
    await ask("press", { id: newId(), chat: chatKey, speaker: $("speaker").value, line: line.id, label });
    toEnd();
  } catch (error) {
    $("problem").textContent = words(error);
  }
  button.disabled = false;
  await refresh().catch(() => {});
}

const told = () => new Map(view.chats.map((one) => [one.key, one.said]));

async function skip(body) {
  const before = told();
  $("busy").hidden = false;
  const buttons = document.querySelectorAll("#skips button");
  for (const button of buttons) button.disabled = true;
  try {
    await ask("skip", body);
    await refresh();
    summary(before);
  } finally {
    $("busy").hidden = true;
    for (const button of buttons) button.disabled = false;
  }
}

function summary(before) {
  const home = $("elsewhere");
  home.replaceChildren();
  const news = view.chats.filter((one) => one.said > (before.get(one.key) ?? 0));
  const others = news.filter((one) => one.key !== chatKey);
  for (const one of others.slice(0, 3)) {
    const count = one.said - (before.get(one.key) ?? 0);
    const button = make("button", "", `${one.kind === "private" ? `私聊${one.name}` : one.name} 有${count}条新消息 ›`);
    button.type = "button";
    button.addEventListener("click", () => open(one.key));
    home.append(button);
  }
  if (news.length === 0) {
    const note = make("button", "", "这段时间没有到点的事");
    note.type = "button";
    note.addEventListener("click", () => home.replaceChildren());
    home.append(note);
  }
  clearTimeout(summary.timer);
  summary.timer = setTimeout(() => home.replaceChildren(), 12_000);
}

// Dialogs: each returns what was answered, or null

function dialog(id, act) {
  const box = $(id);
  const problem = box.querySelector(".problem");
  const input = box.querySelector("input");
  return new Promise((done) => {
    const finish = (value) => {
      box.onclick = box.onkeydown = box.onclose = null;
      if (box.open) box.close();
      done(value);
    };
    const agree = async () => {
      const yes = box.querySelector('[value="yes"]');
      yes.disabled = true;
      if (problem) problem.textContent = "";
      try {
        finish((await act(input?.value ?? "")) ?? true);
      } catch (error) {
        if (problem) problem.textContent = words(error);
        else {
          $("problem").textContent = words(error);
          finish(null);
        }
      } finally {
        yes.disabled = false;
      }
    };
    if (problem) problem.textContent = "";
    box.onclick = (event) => {
      if (event.target.value === "no") finish(null);
      if (event.target.value === "yes") agree();
    };
    box.onkeydown = (event) => {
      if (event.key === "Enter" && event.target === input && !event.isComposing) {
        event.preventDefault();
        agree();
      }
    };
    box.onclose = () => finish(null);
    box.showModal();
    (input ?? box.querySelector('[value="no"]')).focus();
  });
}

async function reset() {
  const done = await dialog("reset-dialog", () => ask("reset", {}));
  if (!done) return;
  seen = {};
  remember();
  speakers.clear();
  drafts.clear();
  compose("", null, "text");
  $("elsewhere").replaceChildren();
  await refresh().catch(() => {});
  if (!view.chat && matchMedia("(min-width: 761px)").matches && view.chats.length) open(view.chats[0].key);
}

async function newcomer() {
  $("newcomer").value = "";
  const here = chatKey;
  const answer = await dialog("newcomer-dialog", (name) => ask("newcomer", { name: name.trim() || " " }));
  if (answer) speakers.set(here, answer.user);
  $("speaker").dataset.mark = "";
  await refresh().catch(() => {});
  $("text").focus();
}

let loggingIn = null;
function login() {
  const again = () => dialog("login-dialog", (password) => ask("login", { password })).then((done) => done || again());
  loggingIn ??= again().finally(() => {
    loggingIn = null;
    $("password").value = "";
  });
  return loggingIn;
}

// Screens. On a phone the list, the talk and the orders are three pages; the address remembers which

function go(name) {
  screen = name;
  document.body.dataset.screen = name;
}

function open(key) {
  const address = `#${encodeURIComponent(key)}`;
  if (location.hash === address) readAddress();
  else location.hash = address;
}

function readAddress() {
  const address = decodeURIComponent(location.hash.slice(1));
  if (chatKey && $("text").value) drafts.set(chatKey, $("text").value);
  else drafts.delete(chatKey);
  const wide = matchMedia("(min-width: 761px)").matches;
  const wanted = address === "orders" ? chatKey : address;
  const known = view?.chats.some((one) => one.key === wanted);
  const next = known ? wanted : wide ? view?.chats[0]?.key ?? "" : "";
  go(address === "orders" ? "orders" : next && (known || wide) ? "chat" : "list");
  if (next !== chatKey) {
    chatKey = next;
    $("elsewhere").replaceChildren();
    $("problem").textContent = "";
    cite(null);
    $("newer").hidden = true;
    $("text").value = drafts.get(chatKey) ?? "";
    fit();
    closeIdeas();
  }
  refresh().catch(() => {});
}

function fit() {
  const text = $("text");
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

function closeIdeas() {
  $("idea-list").hidden = true;
  $("ideas").setAttribute("aria-expanded", "false");
}

function mention() {
  const text = $("text");
  const name = `@${view.bot} `;
  if (!text.value.includes(name.trim())) text.setRangeText(name, text.selectionStart, text.selectionEnd, "end");
  fit();
  text.focus();
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
$("text").addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses a word; Safari tells it only by the key code.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  say();
});
$("text").addEventListener("input", fit);
$("mention").addEventListener("click", mention);
$("unquote").addEventListener("click", () => quote(null));
$("speaker").addEventListener("change", () => {
  if ($("speaker").value === "+") {
    $("speaker").value = speakers.get(chatKey) ?? "";
    newcomer();
    return;
  }
  speakers.set(chatKey, $("speaker").value);
  showMine();
});
$("ideas").addEventListener("click", () => {
  const isOpen = $("idea-list").hidden;
  $("idea-list").hidden = !isOpen;
  $("ideas").setAttribute("aria-expanded", String(isOpen));
});
$("newer").addEventListener("click", toEnd);
$("scroll").addEventListener("scroll", () => {
  const scroll = $("scroll");
  atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  if (atEnd) $("newer").hidden = true;
});
// The keyboard of a phone, or a longer text being typed, leaves less room: the newest line stays in sight.
new ResizeObserver(() => atEnd && toEnd()).observe($("scroll"));
$("back").addEventListener("click", () => (location.hash = ""));
$("show-orders").addEventListener("click", () => (location.hash = "#orders"));
$("orders-back").addEventListener("click", () => open(chatKey));
$("reset").addEventListener("click", reset);
$("skip-toggle").addEventListener("click", () => {
  const isOpen = $("skips").classList.toggle("open");
  $("skip-toggle").setAttribute("aria-expanded", String(isOpen));
});
for (const button of document.querySelectorAll("[data-skip]")) {
  button.addEventListener("click", () => skip(JSON.parse(button.dataset.skip)).catch((error) => ($("problem").textContent = words(error))));
}
$("skip-at").addEventListener("click", () => {
  $("skip-when").value = localNow().slice(0, 16);
  dialog("skip-dialog", (at) => {
    if (!at) throw new Refused(400, "请选一个时间。");
    return skip({ at });
  });
});
addEventListener("hashchange", readAddress);
document.addEventListener("visibilitychange", () => view && show());
setInterval(tick, 1000);
follow();
