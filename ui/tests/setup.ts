// What jsdom lacks of a browser, and nothing else.

import "@testing-library/jest-dom/vitest";

HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.setAttribute("open", "");
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.removeAttribute("open");
};
Element.prototype.scrollIntoView ??= () => {};
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
// axe-core looks there for fonts of icons; jsdom would complain and answer nothing, too.
HTMLCanvasElement.prototype.getContext = () => null;
