import { createRawSnippet } from "svelte";
import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import Banner from "../../src/components/Banner.svelte";
import Button from "../../src/components/Button.svelte";
import Checkbox from "../../src/components/Checkbox.svelte";
import Chip from "../../src/components/Chip.svelte";
import EmptyState from "../../src/components/EmptyState.svelte";
import ErrorState from "../../src/components/ErrorState.svelte";
import LiveRegion from "../../src/components/LiveRegion.svelte";
import ProgressLine from "../../src/components/ProgressLine.svelte";
import SearchField from "../../src/components/SearchField.svelte";
import Segmented from "../../src/components/Segmented.svelte";
import Select from "../../src/components/Select.svelte";
import TextField from "../../src/components/TextField.svelte";
import { initials, tone } from "../../src/components/avatar";
import { place } from "../../src/components/floating";
import { expectAccessible } from "../stage";

const words = (text: string) => createRawSnippet(() => ({ render: () => `<span>${text}</span>` }));

it("a busy button keeps its name and focus and takes no second click", async () => {
  const user = userEvent.setup();
  const pressed = vi.fn();
  const { rerender } = render(Button, { children: words("Send"), onclick: pressed });
  const button = screen.getByRole("button", { name: "Send" });
  await user.click(button);
  await rerender({ busy: true });
  await user.click(button);
  await user.keyboard("{Enter}");
  expect(pressed).toHaveBeenCalledOnce();
  expect(button).toHaveFocus();
  expect(button).toHaveAttribute("aria-busy", "true");
  await expectAccessible();
});

it("a live region reads the same words again when they happen again", async () => {
  const { rerender } = render(LiveRegion, { message: { text: "12 people", turn: 1 } });
  const region = screen.getByRole("status");
  const first = region.firstElementChild;
  expect(region).toHaveAttribute("aria-live", "polite");
  expect(region).toHaveTextContent("12 people");
  await rerender({ message: { text: "12 people", turn: 2 } });
  expect(region).toHaveTextContent("12 people");
  expect(region.firstElementChild).not.toBe(first);
});

it("a checkbox shows some of them as neither on nor off", async () => {
  const changed = vi.fn();
  render(Checkbox, { checked: "some", label: "Everybody", onchange: changed });
  const box = screen.getByRole("checkbox", { name: "Everybody" });
  expect(box).toBePartiallyChecked();
  await userEvent.setup().click(box);
  expect(changed.mock.calls[0]?.[0]).toBe(true);
  await expectAccessible();
});

it("a search field tells each letter, and Escape empties it before it does anything else", async () => {
  const user = userEvent.setup();
  const typed = vi.fn();
  const key = vi.fn();
  render(SearchField, { value: "", label: "Search", clearLabel: "Clear", oninput: typed, onkeydown: key });
  const field = screen.getByRole("searchbox", { name: "Search" });
  await user.type(field, "an");
  expect(typed.mock.calls).toEqual([["a"], ["an"]]);
  key.mockClear();
  await user.keyboard("{Escape}");
  expect(field).toHaveValue("");
  expect(key).not.toHaveBeenCalled();
  await user.keyboard("{Escape}");
  expect(key).toHaveBeenCalledOnce();
  await user.type(field, "b");
  await user.click(screen.getByRole("button", { name: "Clear" }));
  expect(field).toHaveValue("");
  expect(field).toHaveFocus();
  await expectAccessible();
});

it("a text field ties its help and its error to itself", async () => {
  render(TextField, { label: "Client id", value: "", help: "On the overview page.", error: "This is needed." });
  const field = screen.getByRole("textbox", { name: "Client id" });
  expect(field).toHaveAccessibleDescription("On the overview page. This is needed.");
  expect(field).toBeInvalid();
  await expectAccessible();
});

it("a select has a label and tells its choice", async () => {
  const chosen = vi.fn();
  render(Select, { label: "Factor", value: "", placeholder: "Choose", choices: [{ value: "app", label: "App" }, { value: "sms", label: "Message" }], onchange: chosen });
  await userEvent.setup().selectOptions(screen.getByRole("combobox", { name: "Factor" }), "sms");
  expect(chosen.mock.calls).toEqual([["sms"]]);
  await expectAccessible();
});

it("one of a few is chosen by keyboard and by click", async () => {
  const chosen = vi.fn();
  render(Segmented, { label: "Theme", value: "light", choices: [{ value: "light", label: "Light" }, { value: "dark", label: "Dark" }], onchange: chosen });
  expect(screen.getByRole("radio", { name: "Light" })).toBeChecked();
  await userEvent.setup().click(screen.getByRole("radio", { name: "Dark" }));
  expect(chosen.mock.calls).toEqual([["dark"]]);
  await expectAccessible();
});

it("a chip says whether it is on, with its count in its name", async () => {
  render(Chip, { pressed: true, count: "1,204", children: words("Failed") });
  expect(screen.getByRole("button", { name: "Failed 1,204", pressed: true })).toBeVisible();
  await expectAccessible();
});

it("progress has a value where a total is known, and none where it is not", async () => {
  const { rerender } = render(ProgressLine, { label: "Import", done: 30, total: 120 });
  const bar = screen.getByRole("progressbar", { name: "Import" });
  expect(bar).toHaveAttribute("aria-valuenow", "30");
  expect(bar).toHaveAttribute("aria-valuemax", "120");
  await rerender({ total: null });
  expect(bar).not.toHaveAttribute("aria-valuenow");
  await expectAccessible();
});

it("an error says what to do and is told at once", async () => {
  render(ErrorState, { message: "The network cannot be reached.", remedy: "Try again." });
  expect(screen.getByRole("alert")).toHaveTextContent("The network cannot be reached. Try again.");
  await expectAccessible();
});

it("a banner and an empty state are accessible", async () => {
  render(Banner, { children: words("You are offline.") });
  render(EmptyState, { title: "Nobody yet", text: "People appear here once they are imported." });
  expect(screen.getByRole("heading", { name: "Nobody yet" })).toBeVisible();
  await expectAccessible();
});

it.each([
  ["Ana Ruiz", "AR"],
  ["Ana María de la Ruiz", "AR"],
  ["ana", "A"],
  ["Ö'Brien  (Sales)", "ÖS"],
  ["李 小龍", "李小"],
  ["", ""],
])("the initials of %j are %j", (name, expected) => {
  expect(initials(name)).toBe(expected);
});

it("the colour behind initials is always the same and not the same for all", () => {
  const tones = Array.from({ length: 60 }, (_, at) => tone(`person-${at}`));
  expect(tones).toEqual(Array.from({ length: 60 }, (_, at) => tone(`person-${at}`)));
  expect(new Set(tones).size).toBe(6);
});

it.each([
  ["below, where there is room", { left: 100, top: 100, width: 80, height: 20 }, "below" as const, { left: 100, top: 124 }],
  ["above at the bottom of the window", { left: 100, top: 560, width: 80, height: 20 }, "below" as const, { left: 100, top: 456 }],
  ["not over the right edge", { left: 760, top: 100, width: 30, height: 20 }, "below" as const, { left: 592, top: 124 }],
  ["at the left of what stands at the right edge", { left: 700, top: 100, width: 80, height: 20 }, "right" as const, { left: 496, top: 100 }],
])("a float stands %s", (_, anchor, side, expected) => {
  expect(place(anchor, { width: 200, height: 100 }, { width: 800, height: 600 }, side)).toEqual(expected);
});
