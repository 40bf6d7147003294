// Finds elements by role and name, as assistive technology sees them: no hidden ones, and nothing behind an open modal dialog.
const finder = (() => {
  const inputs = { checkbox: "checkbox", radio: "radio", search: "searchbox", button: "button", submit: "button", range: "slider", number: "spinbutton" };
  const tags = {
    A: "link", BUTTON: "button", DIALOG: "dialog", H1: "heading", H2: "heading", H3: "heading", H4: "heading", NAV: "navigation", MAIN: "main",
    SELECT: "combobox", TEXTAREA: "textbox", TABLE: "table", TR: "row", TD: "cell", TH: "columnheader", UL: "list", OL: "list", LI: "listitem",
    PROGRESS: "progressbar", FORM: "form", ASIDE: "complementary", OPTION: "option", IMG: "img", SUMMARY: "button", OUTPUT: "status", FIELDSET: "group", SECTION: "region",
  };
  const roleOf = (element) =>
    element.getAttribute("role") || (element.tagName === "INPUT" ? inputs[element.type] || "textbox" : tags[element.tagName]) || "";
  const tidy = (text) => text.replace(/\s+/g, " ").trim();
  const shown = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest("[aria-hidden=true], [inert]") && element.getClientRects().length > 0;
  const words = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE || node.getAttribute("aria-hidden") === "true" || !node.checkVisibility()) return "";
    const label = node.getAttribute("aria-label");
    if (label) return ` ${label} `;
    const block = getComputedStyle(node).display.startsWith("inline") ? "" : " ";
    return block + [...node.childNodes].map(words).join("") + block;
  };
  const nameOf = (element) => {
    const by = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    const labelled = by.map((id) => document.getElementById(id)).filter(Boolean).map(words).join(" ");
    const labels = element.labels ? [...element.labels].map(words).join(" ") : "";
    const own = ["dialog", "grid", "table", "navigation", "main", "list", "textbox", "searchbox", "combobox", "group", "region", "toolbar", "complementary", "rowgroup"].includes(roleOf(element)) && element.tagName !== "BUTTON" ? "" : words(element);
    const legend = element.tagName === "FIELDSET" && element.querySelector("legend") ? words(element.querySelector("legend")) : "";
    const choices = [labelled, element.getAttribute("aria-label"), labels, legend, element.getAttribute("alt"), own, element.getAttribute("title"), element.placeholder];
    return tidy(choices.find((text) => text && tidy(text)) || "");
  };
  const ground = () => [...document.querySelectorAll("dialog:modal")].pop() || document.body;
  const all = ({ role, name, within }) => {
    const outer = within ? all(within) : [ground()];
    const pattern = new RegExp(name);
    const fits = (element) => roleOf(element) === role && shown(element) && pattern.test(nameOf(element));
    const inside = outer.flatMap((one) => [...(within ? [] : [one]), ...one.querySelectorAll("*")]);
    return [...new Set(inside)].filter(fits);
  };
  const find = (wanted) => all(wanted)[0] || null;
  // A box or a radio button that is drawn by its label is pressed through it, as people do.
  const target = (wanted) => {
    const element = find(wanted);
    const label = element && ["radio", "checkbox"].includes(roleOf(element)) ? element.closest("label") : null;
    const pressed = label && element.getBoundingClientRect().width < 4 ? label : element;
    // As people do who see half of it.
    pressed?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return pressed;
  };
  /** All that can be read, whatever it is called. */
  const readable = () => tidy(ground().innerText || "");
  const text = (pattern) => {
    const found = new RegExp(pattern).exec(readable());
    return found ? found[0] : null;
  };
  const busy = () => [...ground().querySelectorAll("[aria-busy=true]")].some(shown);
  const focus = () => {
    const element = document.activeElement || document.body;
    return { role: roleOf(element), name: nameOf(element) };
  };
  const hasFocus = ({ role, name }) => {
    const element = document.activeElement;
    return Boolean(element) && roleOf(element) === role && new RegExp(name).test(nameOf(element));
  };
  const outline = () => {
    const named = [...ground().querySelectorAll("*")].filter((element) => roleOf(element) && shown(element));
    const lines = named.map((element) => `  ${roleOf(element)} “${nameOf(element).slice(0, 90)}”`);
    return lines.slice(0, 70).join("\n") + `\n  text: ${readable().slice(0, 900)}`;
  };
  return { all, find, target, text, busy, focus, hasFocus, outline, nameOf, roleOf, shown, words };
})();
