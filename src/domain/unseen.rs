//! Characters that a terminal does not show as themselves.

/// Returns true if a terminal acts on a character instead of showing it: control characters, separators of lines and
/// paragraphs, marks that change the direction of writing, marks without width, and the code points U+FFFE and U+FFFF,
/// which are not characters (YAML refuses them).
#[must_use]
pub fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns true if a character is neither active ([`is_active`]) nor another format character, which a terminal may not
/// show.
// SPEC: Unicode Standard Annex 9, and the general category Cf.
#[must_use]
pub fn is_plain(character: char) -> bool {
    !is_active(character)
        && !matches!(character, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
