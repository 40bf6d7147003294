import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { expectAccessible } from "../stage";
import DrawerStage from "./DrawerStage.svelte";

it("takes the focus, closes by Escape and gives the focus back", async () => {
  const user = userEvent.setup();
  render(DrawerStage);
  await user.click(screen.getByRole("button", { name: "Open" }));
  expect(screen.getByRole("complementary", { name: "Details" })).toHaveFocus();
  await expectAccessible();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("complementary")).toBeNull();
  expect(screen.getByRole("button", { name: "Open" })).toHaveFocus();
});

it("leaves the focus where somebody moved it meanwhile", async () => {
  const user = userEvent.setup();
  render(DrawerStage);
  await user.click(screen.getByRole("button", { name: "Open" }));
  await user.click(screen.getByRole("button", { name: "Take it away" }));
  expect(screen.queryByRole("complementary")).toBeNull();
  expect(screen.getByRole("button", { name: "Take it away" })).toHaveFocus();
});
