// The demo page: what to type into a softphone, and whether one is there.

const find = (id) => document.getElementById(id);
const [scheme, key] = location.hash.slice(1).split("=");
const headers = scheme === "key" ? { Authorization: `Bearer ${key}` } : {};

const uuid = document.querySelector("script[data-uuid]").dataset.uuid;
const make = (name, className, text) => Object.assign(document.createElement(name), { className, textContent: text });

/** Answering without a softphone: the desk in a window of its own, which is handed what one would type there. */
function deskButton(user, password) {
  const button = Object.assign(make("button", "answer", "Answer in this browser"), { type: "button" });
  button.addEventListener("click", () => {
    // A window that we open begins with a copy of our session's storage.
    sessionStorage.setItem("calldocker.desk.demo", JSON.stringify({ uuid, user, password }));
    window.open(`desk?uuid=${uuid}`);
    sessionStorage.removeItem("calldocker.desk.demo");
  });
  return button;
}

function showAccounts(agents) {
  find("accounts").replaceChildren(...agents.map(({ user, password, isRegistered }) => {
    const card = make("div", "account", "");
    const presence = make("span", isRegistered ? "presence is-there" : "presence", isRegistered ? "registered" : "not registered");
    const rows = [["User", user], ["Password", password ?? "on the terminal"]].map(([name, value]) => {
      const row = make("p", "row", "");
      row.append(make("span", "name", name), make(value === password || name === "User" ? "code" : "span", "", value));
      return row;
    });
    card.append(presence, ...rows);
    if (password) card.append(deskButton(user, password));
    return card;
  }));
  const isAnybodyThere = agents.some((agent) => agent.isRegistered);
  find("echo").hidden = isAnybodyThere;
  find("agents-there").hidden = !isAnybodyThere;
  find("passwords-hidden").hidden = agents.every((agent) => agent.password);
}

let shown = "";
async function look() {
  const answer = await fetch("demo.json", { headers, cache: "no-store" }).catch(() => undefined);
  if (!answer?.ok) return;
  const text = await answer.text();
  if (text === shown) return;
  shown = text;
  const demo = JSON.parse(text);
  find("domain").textContent = demo.domain;
  find("proxies").replaceChildren(...demo.outboundProxies.map((address) => make("code", "", address)));
  showAccounts(demo.agents);
}

find("snippet").textContent = `<script src="${new URL("widget.js", location.href)}" data-uuid="${uuid}" async></script>`;
find("insecure").hidden = window.isSecureContext;
find("copy").addEventListener("click", async ({ target }) => {
  try {
    await navigator.clipboard.writeText(find("snippet").textContent);
    target.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(find("snippet"));
    target.textContent = "Selected";
  }
  setTimeout(() => (target.textContent = "Copy"), 2000);
});

const allowCalls = () => {
  find("call").disabled = false;
  find("call").addEventListener("click", () => window.Calldocker.call());
};
if (window.Calldocker) allowCalls();
else document.addEventListener("calldocker:ready", allowCalls, { once: true });

await look();
setInterval(() => document.hidden || look(), 2000);
