import { expect, it } from "vitest";
import { asksForSearch, GridKeys, type Key } from "./grid-keys.svelte";

const key = (name: string, with_: Partial<Key> = {}): Key => ({ key: name, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...with_ });
/** 100 rows of 5 stops; every tenth has 3; 12 fit on the screen. */
const grid = (rows = 100) => new GridKeys({ rows, page: 12, stops: (row) => (row % 10 === 0 && row > 0 ? 3 : 5) });

it.each([
  ["down", [key("ArrowDown")], [1, 1], "move"],
  ["up at the top stays", [key("ArrowUp")], [0, 1], "move"],
  ["right", [key("ArrowRight")], [0, 2], "move"],
  ["left", [key("ArrowLeft")], [0, 0], "move"],
  ["left at the edge stays", [key("ArrowLeft"), key("ArrowLeft")], [0, 0], "move"],
  ["a page down", [key("PageDown")], [12, 1], "move"],
  ["a page up", [key("PageDown"), key("PageDown"), key("PageUp")], [12, 1], "move"],
  ["Home goes to the first stop", [key("ArrowDown"), key("Home")], [1, 0], "move"],
  ["End goes to the last stop", [key("End")], [0, 4], "move"],
  ["Ctrl+End goes to the last row", [key("End", { ctrlKey: true })], [99, 1], "move"],
  ["Cmd+Home goes to the first row", [key("PageDown"), key("Home", { metaKey: true })], [0, 1], "move"],
  ["a page beyond the end stops there", [key("End", { ctrlKey: true }), key("PageDown")], [99, 1], "move"],
  ["Shift+down selects on the way", [key("ArrowDown", { shiftKey: true })], [1, 1], "move_selecting"],
  ["Space selects", [key(" ")], [0, 1], "select"],
  ["Shift+Space selects a range from anywhere", [key("End"), key(" ", { shiftKey: true })], [0, 4], "select_range"],
  ["a button keeps its own Space", [key("End"), key(" ")], [0, 4], null],
  ["Enter opens", [key("Enter")], [0, 1], "open"],
  ["a button keeps its own Enter", [key("End"), key("Enter")], [0, 4], null],
  ["Ctrl+A selects all", [key("a", { ctrlKey: true })], [0, 1], "select_all"],
  ["a letter means nothing", [key("a")], [0, 1], null],
  ["Escape leaves", [key("Escape")], [0, 1], "leave"],
  ["keys with Alt are not ours", [key("ArrowDown", { altKey: true })], [0, 1], null],
] as const)("%s", (_, keys, place, meaning) => {
  const keyboard = grid();
  let last;
  for (const one of keys) {
    last = keyboard.press(one);
  }
  expect([keyboard.row, keyboard.stop]).toEqual(place);
  expect(last).toBe(meaning);
});

it("a row with fewer stops shows its last one, and the wish survives it", () => {
  const keyboard = grid();
  keyboard.at(9, 4);
  keyboard.press(key("ArrowDown"));
  expect([keyboard.row, keyboard.stop]).toEqual([10, 2]);
  keyboard.press(key("ArrowDown"));
  expect([keyboard.row, keyboard.stop]).toEqual([11, 4]);
});

it("a renewed list keeps the keyboard inside it", () => {
  const shape = { rows: 100, page: 12, stops: () => 5 };
  const keyboard = new GridKeys(shape);
  keyboard.at(50, 2);
  keyboard.moved(3);
  expect(keyboard.row).toBe(53);
  shape.rows = 10;
  keyboard.moved(0);
  expect(keyboard.row).toBe(9);
  keyboard.moved("top");
  expect(keyboard.row).toBe(0);
  shape.rows = 0;
  keyboard.moved(0);
  expect(keyboard.row).toBe(0);
  expect(keyboard.press(key("ArrowDown"))).toBeNull();
});

it.each([
  ["Ctrl+F", key("f", { ctrlKey: true }), true, true],
  ["Cmd+F", key("f", { metaKey: true }), false, true],
  ["Ctrl+Shift+F is another's", key("f", { ctrlKey: true, shiftKey: true }), false, false],
  ["a slash outside a field", key("/"), false, true],
  ["a slash in a field is a letter", key("/"), true, false],
  ["another letter", key("f"), false, false],
])("asks for the search: %s", (_, pressed, inField, asks) => {
  expect(asksForSearch(pressed, inField)).toBe(asks);
});
