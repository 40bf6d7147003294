import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import MenuButton from "../../src/components/MenuButton.svelte";
import type { MenuEntry } from "../../src/components/menu.svelte";
import { expectAccessible } from "../stage";

function open() {
  const chosen = vi.fn();
  const item = (label: string, more: object = {}) => ({ label, select: () => chosen(label), ...more });
  const entries: MenuEntry[] = [item("Copy"), { heading: "More" }, item("Link"), "line", item("Remove", { disabled: true, hint: "Nothing to remove" }), item("Rename")];
  render(MenuButton, { label: "Actions", entries: () => entries });
  return { user: userEvent.setup(), chosen, button: screen.getByRole("button", { name: "Actions" }) };
}

const item = (name: string | RegExp) => screen.getByRole("menuitem", { name });

it("opens on its first item and closes by Escape back to its button", async () => {
  const { user, button } = open();
  await user.click(button);
  expect(item("Copy")).toHaveFocus();
  expect(button).toHaveAttribute("aria-expanded", "true");
  await expectAccessible();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("menu")).toBeNull();
  expect(button).toHaveFocus();
  expect(button).toHaveAttribute("aria-expanded", "false");
});

it("moves by arrows round its ends, by Home and End, and over headings and lines", async () => {
  const { user, button } = open();
  button.focus();
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(item("Link")).toHaveFocus();
  await user.keyboard("{ArrowUp}{ArrowUp}");
  expect(item("Rename")).toHaveFocus();
  await user.keyboard("{ArrowDown}");
  expect(item("Copy")).toHaveFocus();
  await user.keyboard("{End}");
  expect(item("Rename")).toHaveFocus();
  await user.keyboard("{Home}");
  expect(item("Copy")).toHaveFocus();
});

it("finds an item by its first letters", async () => {
  const { user, button } = open();
  await user.click(button);
  await user.keyboard("ren");
  expect(item("Rename")).toHaveFocus();
});

it.each(["{Enter}", " "])("chooses by %s, once, and gives the focus back", async (key) => {
  const { user, chosen, button } = open();
  await user.click(button);
  await user.keyboard(`{ArrowDown}${key}`);
  expect(chosen.mock.calls).toEqual([["Link"]]);
  expect(screen.queryByRole("menu")).toBeNull();
  expect(button).toHaveFocus();
});

it("chooses by a click, and not what is disabled, whose reason can be read", async () => {
  const { user, chosen, button } = open();
  await user.click(button);
  await user.click(item(/Remove/));
  expect(chosen).not.toHaveBeenCalled();
  expect(item(/Remove/)).toHaveTextContent("Nothing to remove");
  await user.click(item("Copy"));
  expect(chosen.mock.calls).toEqual([["Copy"]]);
});

it("closes when something else is pressed, without taking the focus from there", async () => {
  const { user, button } = open();
  const elsewhere = document.createElement("button");
  document.body.append(elsewhere);
  await user.click(button);
  await user.click(elsewhere);
  expect(screen.queryByRole("menu")).toBeNull();
  expect(elsewhere).toHaveFocus();
  elsewhere.remove();
});

it("opens on the chosen one of several choices", async () => {
  const choice = (label: string, checked: boolean) => ({ label, checked, select: () => {} });
  render(MenuButton, { label: "Size", value: "Medium", entries: () => [choice("Small", false), choice("Medium", true)] });
  await userEvent.setup().click(screen.getByRole("button", { name: "Size: Medium" }));
  expect(screen.getByRole("menuitemradio", { name: "Medium", checked: true })).toHaveFocus();
});
