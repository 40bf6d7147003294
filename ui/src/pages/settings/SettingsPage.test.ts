import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { LIMITS } from "../../../tests/fake/runs";
import { expectAccessible, stage } from "../../../tests/stage";
import SettingsPage from "./SettingsPage.svelte";

const user = userEvent.setup();
const field = (name: RegExp) => screen.findByRole("textbox", { name });

test("a_stop_limit_that_is_entered_wrong_says_so_at_its_field_and_cannot_be_saved", async () => {
  const { fake } = await stage(SettingsPage, {});
  const prompts = await field(/^Prompts: at most so many/);
  await user.clear(prompts);
  await user.type(prompts, "five hundred");
  expect(prompts).toBeInvalid();
  expect(prompts).toHaveAccessibleDescription("Enter a whole number.");
  expect(screen.getByRole("button", { name: "Save limits" })).toBeDisabled();
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "Discard" }));
  expect(await field(/^Prompts: at most so many/)).toHaveValue("500");
  expect(fake.callsOf("set_stop_limits")).toEqual([]);
});

test("stop_limits_are_taken_off_saved_and_set_back_to_what_a_new_folder_has", async () => {
  const { fake, world } = await stage(SettingsPage, {});
  await user.click(await screen.findByRole("checkbox", { name: "Limit for resets" }));
  expect(screen.queryByRole("textbox", { name: /^Resets/ })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Save limits" }));
  await waitFor(() => expect(fake.limits.resets).toEqual({ count: null, percent: null }));
  expect(world.announced.text).toBe("The stop limits were saved. Runs that are confirmed already keep theirs.");
  await user.click(screen.getByRole("button", { name: "Set to defaults" }));
  await user.click(screen.getByRole("button", { name: "Save limits" }));
  await waitFor(() => expect(fake.limits).toEqual(LIMITS));
});

test("the_audit_log_is_one_press_away", async () => {
  const { world } = await stage(SettingsPage, {});
  await user.click(await screen.findByRole("button", { name: "Look at it: Audit log" }));
  expect(world.place).toEqual({ page: "activity", view: "audit" });
});
