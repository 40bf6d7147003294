import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tooltips } from "../../src/components/tooltip.svelte";
import { expectAccessible } from "../stage";
import TooltipStage from "./TooltipStage.svelte";

let user: ReturnType<typeof userEvent.setup>;
beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
});
afterEach(() => {
  tooltips.hide();
  vi.useRealTimers();
});

const shown = () => screen.queryByRole("tooltip")?.textContent?.trim() ?? null;

it("appears at once on keyboard focus, describes the element, and goes with the focus", async () => {
  render(TooltipStage);
  await user.tab();
  expect(shown()).toBe("Eleven people wait");
  expect(screen.getByRole("button", { name: "Pending" })).toHaveAccessibleDescription("Eleven people wait");
  await expectAccessible();
  screen.getByRole("button", { name: "Pending" }).blur();
  await vi.advanceTimersByTimeAsync(0);
  expect(shown()).toBeNull();
});

it("follows what it says while it is shown", async () => {
  const { rerender } = render(TooltipStage);
  await user.tab();
  await rerender({ waiting: "Ten" });
  expect(shown()).toBe("Ten people wait");
});

it("appears when the pointer rests, and not when it passes", async () => {
  render(TooltipStage);
  await user.hover(screen.getByRole("button", { name: "Pending" }));
  await vi.advanceTimersByTimeAsync(200);
  expect(shown()).toBeNull();
  await vi.advanceTimersByTimeAsync(400);
  expect(shown()).toBe("Eleven people wait");
  await user.unhover(screen.getByRole("button", { name: "Pending" }));
  await vi.advanceTimersByTimeAsync(200);
  expect(shown()).toBeNull();
});

it("stays while the pointer is on the text", async () => {
  render(TooltipStage);
  await user.hover(screen.getByRole("button", { name: "Pending" }));
  await vi.advanceTimersByTimeAsync(600);
  await user.hover(screen.getByRole("tooltip"));
  await vi.advanceTimersByTimeAsync(1000);
  expect(shown()).toBe("Eleven people wait");
});

it("is closed by Escape alone, which closes nothing else", async () => {
  const others = vi.fn();
  render(TooltipStage, { onescape: others });
  await user.tab();
  await user.keyboard("{Escape}");
  expect(shown()).toBeNull();
  expect(others).not.toHaveBeenCalled();
  await user.keyboard("{Escape}");
  expect(others).toHaveBeenCalledOnce();
});

it("explains at length on focus and on hover, until Escape", async () => {
  render(TooltipStage);
  await user.tab();
  await user.tab();
  const button = screen.getByRole("button", { name: "What the signs mean" });
  expect(button).toHaveFocus();
  expect(button).toHaveAccessibleDescription("A check mark: done");
  await expectAccessible();
  await user.keyboard("{Escape}");
  expect(shown()).toBeNull();
  await user.hover(button);
  expect(shown()).toBe("A check mark: done");
});

it("that merely names a button goes by Escape together with what Escape closes", async () => {
  const others = vi.fn();
  render(TooltipStage, { onescape: others });
  const button = screen.getByRole("button", { name: "Shut" });
  await user.hover(button);
  await vi.advanceTimersByTimeAsync(600);
  expect(shown()).toBe("Shut");
  await user.keyboard("{Escape}");
  expect(shown()).toBeNull();
  expect(others).toHaveBeenCalledOnce();
});
