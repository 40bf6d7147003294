import { expect, test } from "vitest";

import { around, installed, settled } from "../../../tests/fake/around";
import { sheetOf } from "../../../tests/fake/dialogs";
import { ImportConfirmation } from "./import-preview.svelte";

test("what_an_import_would_bring_is_read_first_and_the_import_is_begun_only_on_confirmation", async () => {
  const fake = installed();
  const page = around();
  const preview = new ImportConfirmation(page, sheetOf("webex"));
  await preview.load();
  expect(preview.lines.map(({ count, text }) => `${count} ${text}`)).toEqual([
    "9 people would be listed for the first time",
    "2 people would be listed in another way",
    "3 people would be listed no more",
    "4 syncs of these people, which stay as they are",
    "1 conflict would wait for you",
  ]);
  expect(fake.callsOf("import_people")).toEqual([]);
  await preview.confirm();
  expect(fake.callsOf("import_people")).toEqual([{ platforms: ["webex"] }]);
  expect(page.said).toEqual(["The import from Webex has begun."]);
});

test("a_reading_that_nobody_waits_for_any_more_is_given_up_and_one_that_has_ended_is_not", async () => {
  const fake = installed();
  const release = fake.hold("preview_import");
  const preview = new ImportConfirmation(around(), sheetOf("webex"));
  void preview.load();
  await settled();
  preview.leave();
  expect(fake.callsOf("cancel_preview_import")).toHaveLength(1);
  release();
  const other = new ImportConfirmation(around(), sheetOf("webex"));
  await other.load();
  other.leave();
  expect(fake.callsOf("cancel_preview_import")).toHaveLength(1);
});
