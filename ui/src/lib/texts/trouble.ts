// Words of the page that stands in place of the window when the data cannot be opened.

export const trouble = {
  title: "User Sync cannot open your data",
  folder: "Data folder",
  openFolder: "Show the folder",
  tryAgain: "Try again",
};
