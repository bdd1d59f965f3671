// chat.js: <script src="https://HOST/chat.js" data-service="support"></script> adds a button to any site that opens the
// customer's page in a frame. It reads nothing of the host page, and the host page reads nothing of the chat. Where a browser
// forbids storage to frames of other sites, the chat works but does not outlive a reload of the host page.
(() => {
  const self = document.currentScript;
  const origin = new URL(self.src);
  const { service = "support", label = "Chat with us", title = "" } = self.dataset;
  const page = new URL("chat", origin);
  page.searchParams.set("service", service);
  if (title) page.searchParams.set("title", title);
  const memory = `holdfast.open.${service}`;

  const root = document.createElement("div");
  // A shadow root keeps the site's styles out and ours in; styles are set through the DOM, which any CSP allows.
  const shadow = root.attachShadow({ mode: "open" });
  const style = (node, rules) => Object.assign(node.style, rules);
  style(root, { position: "fixed", insetInlineEnd: "16px", bottom: "16px", zIndex: "2147483000" });

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-expanded", "false");
  style(button, {
    font: "600 16px/1 system-ui, sans-serif", color: "#fff", background: "#1457a8", border: "0",
    borderRadius: "999px", padding: "14px 20px", cursor: "pointer", boxShadow: "0 4px 16px rgb(0 0 0 / .25)",
  });

  let frame = null;
  function makeFrame() {
    frame = document.createElement("iframe");
    frame.src = page.href;
    frame.title = label;
    style(frame, {
      display: "block", width: "min(380px, calc(100vw - 32px))", height: "min(600px, calc(100vh - 96px))", border: "0",
      borderRadius: "12px", marginBottom: "12px", boxShadow: "0 8px 32px rgb(0 0 0 / .3)", background: "Canvas",
    });
    shadow.prepend(frame);
  }

  function remember(open) {
    try { sessionStorage.setItem(memory, open ? "1" : ""); } catch { /* the site forbids storage */ }
  }

  function toggle(open) {
    if (open && !frame) makeFrame();
    if (frame) frame.style.display = open ? "block" : "none";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Close" : label;
    remember(open);
    if (open) frame.focus();
  }

  button.addEventListener("click", () => toggle(button.getAttribute("aria-expanded") !== "true"));
  root.addEventListener("keydown", (key) => { if (key.key === "Escape") toggle(false); });
  window.addEventListener("message", ({ origin: from, source, data }) => {
    if (from !== origin.origin || source !== frame?.contentWindow || data?.holdfast !== "unread") return;
    const closed = button.getAttribute("aria-expanded") !== "true";
    if (closed) button.textContent = data.count > 0 ? `${label} (${Number(data.count)})` : label;
  });

  shadow.append(button);
  const add = () => {
    document.body.append(root);
    let open = false;
    try { open = sessionStorage.getItem(memory) === "1"; } catch { /* as above */ }
    if (open) toggle(true);
  };
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add);
})();
