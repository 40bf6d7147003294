import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { expect, it, vi } from "vitest";
import { expectAccessible } from "../stage";
import DialogStage from "./DialogStage.svelte";

it("takes the focus when it opens and gives it back where it came from", async () => {
  const user = userEvent.setup();
  render(DialogStage);
  const opener = screen.getByRole("button", { name: "Open" });
  await user.click(opener);
  expect(screen.getByRole("textbox", { name: "Name" })).toHaveFocus();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(opener).toHaveFocus();
});

it("is named by its title and closes by the cross", async () => {
  const user = userEvent.setup();
  render(DialogStage);
  await user.click(screen.getByRole("button", { name: "Open" }));
  expect(screen.getByRole("dialog", { name: "A question" })).toBeVisible();
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("stays while it must not be interrupted", async () => {
  const user = userEvent.setup();
  render(DialogStage, { closable: false });
  await user.click(screen.getByRole("button", { name: "Open" }));
  await user.keyboard("{Escape}{Escape}");
  screen.getByRole("dialog").dispatchEvent(new Event("cancel", { cancelable: true }));
  await tick();
  expect(screen.getByRole("dialog")).toBeVisible();
  expect(screen.getByRole("button", { name: "Close" })).toBeDisabled();
});

it("opens once, also from a button whose tooltip goes meanwhile", async () => {
  const user = userEvent.setup();
  const opened = vi.spyOn(HTMLDialogElement.prototype, "showModal");
  render(DialogStage);
  await user.tab();
  expect(screen.getByRole("tooltip")).toHaveTextContent("Asks a question");
  await user.keyboard("{Enter}");
  await user.tab();
  expect(screen.getByRole("dialog")).toBeVisible();
  expect(opened).toHaveBeenCalledOnce();
});
