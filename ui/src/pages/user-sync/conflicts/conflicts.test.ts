import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { FakeBackend } from "../../../../tests/fake/backend";
import { CONFLICTS } from "../../../../tests/fake/dialogs";
import { expectAccessible, stage } from "../../../../tests/stage";
import ConflictsDialog from "./ConflictsDialog.svelte";

const user = userEvent.setup();

async function shown(conflicts = structuredClone(CONFLICTS)) {
  const fake = new FakeBackend({ people: 6 });
  fake.conflicts = conflicts;
  let closed = 0;
  const staged = await stage(ConflictsDialog, { onclose: () => (closed += 1) }, fake);
  return { ...staged, closed: () => closed, dialog: await screen.findByRole("dialog") };
}

it("two records stand side by side, line by line, with what is the same and what differs", async () => {
  const { dialog } = await shown();
  await within(dialog).findByRole("table");
  const lines = within(dialog).getAllByRole("row").slice(1);
  expect(lines.map((line) => [...line.children].map((cell) => cell.textContent?.trim()))).toEqual([
    ["Platform", "Slack", "Webex", ""],
    ["Name", "Sam Okoro", "Samuel Okoro", "Differs"],
    ["E-mail", "sam.okoro@example.com", "sam.okoro@example.com", "Same"],
    ["State", "Active", "Deactivated", "Differs"],
  ]);
  await expectAccessible();
});

it("by keyboard: one is kept apart, the next follows, is left for later, and nothing is left", async () => {
  const { dialog, fake, world, closed } = await shown();
  (await within(dialog).findByRole("button", { name: "Keep apart" })).focus();
  await user.keyboard("{Enter}");
  await within(dialog).findByText(/front\.desk@example\.com/, { selector: ".shared span" });
  expect(fake.callsOf("keep_apart")).toEqual([{ conflict: "conflict-1" }]);
  expect(world.announced.text).toBe("Kept apart.");
  within(dialog).getByRole("button", { name: "Decide later" }).focus();
  await user.keyboard("{Enter}");
  expect(await within(dialog).findByRole("heading", { name: "1 conflict is left for later" })).toBeInTheDocument();
  await user.keyboard("{Escape}");
  expect(closed()).toBe(1);
});

it("of the same platform only one account can be chosen, and a link needs two", async () => {
  const { dialog, fake } = await shown(structuredClone(CONFLICTS.slice(1)));
  const link = await within(dialog).findByRole("button", { name: "Link as one person" });
  expect(link).toHaveAttribute("aria-disabled", "true");
  await user.click(within(dialog).getByRole("checkbox", { name: /Mina Falk on Slack/ }));
  await user.click(within(dialog).getByRole("checkbox", { name: /Jonas Brandt on Slack/ }));
  expect(within(dialog).getByRole("checkbox", { name: /Mina Falk on Slack/ })).not.toBeChecked();
  await user.click(link);
  await waitFor(() => expect(fake.callsOf("link_account")).toEqual([{ person: "p-4", platform: "teams", account: "T1" }]));
});

it("without conflicts it says what would stand here", async () => {
  const { dialog } = await shown([]);
  expect(await within(dialog).findByRole("heading", { name: "No conflicts to decide" })).toBeInTheDocument();
  await expectAccessible();
});
