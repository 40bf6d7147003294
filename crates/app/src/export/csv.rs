//! One line of CSV (RFC 4180), in which no cell can run as a formula.

/// A row as a line, with its end.
pub(super) fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| quoted(&defused(cell.as_ref()))).collect();
    cells.join(",") + "\r\n"
}

/// The first row of a file: spreadsheets read UTF-8 only when the file begins with this mark.
pub(super) fn head(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    format!("\u{feff}{}", line(cells))
}

/// A spreadsheet takes a cell that begins so for a formula, and runs it.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// With an apostrophe before it, a formula is text.
fn defused(cell: &str) -> String {
    // Spreadsheets trim: what stands behind blanks counts as well.
    if cell.trim_start_matches([' ', '\u{a0}']).starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', ';', '"', '\n', '\r', '\t']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text() {
        for (cell, written) in [
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1+1", "'+1+1"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("ana@example.com", "ana@example.com"),
            ("Jean-Luc", "Jean-Luc"),
            ("", ""),
        ] {
            assert_eq!(line([cell]), format!("{written}\r\n"), "{cell:?}");
        }
    }

    #[test]
    fn commas_quotes_and_line_breaks_stay_inside_their_cell() {
        assert_eq!(
            line(["Ruiz, Ana", "the \"boss\"", "two\nlines", "plain"]),
            "\"Ruiz, Ana\",\"the \"\"boss\"\"\",\"two\nlines\",plain\r\n"
        );
    }
}
