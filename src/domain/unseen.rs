//! Characters that are not shown as themselves.

/// Whether a character acts on a terminal instead of being shown: controls, marks that turn the direction of
/// writing, marks without width, and code points that are not characters (YAML refuses those).
#[must_use]
pub fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a character is shown, and stands for itself alone. With the others one text can look like another.
// SPEC: Unicode Standard Annex 9, and the general category Cf.
#[must_use]
pub fn is_plain(character: char) -> bool {
    !is_active(character)
        && !matches!(character, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
