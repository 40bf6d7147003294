import { expect, it } from "vitest";
import { scrollable } from "../../src/components/scrollable";

function pane(content: number, height: number): HTMLElement {
  const element = document.createElement("div");
  Object.defineProperties(element, { scrollHeight: { get: () => content, configurable: true }, clientHeight: { get: () => height } });
  return element;
}

it("a_pane_that_scrolls_is_reached_by_keyboard", () => {
  const element = pane(300, 200);
  scrollable(element);
  expect(element.tabIndex).toBe(0);
});

it("a_pane_that_shows_everything_is_no_stop_until_its_content_grows", async () => {
  const element = pane(200, 200);
  const leave = scrollable(element);
  expect(element.hasAttribute("tabindex")).toBe(false);
  Object.defineProperty(element, "scrollHeight", { value: 500 });
  element.append("more");
  await Promise.resolve();
  expect(element.tabIndex).toBe(0);
  leave();
});
