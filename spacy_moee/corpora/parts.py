"""Parts of docs, such as sentences, as docs of their own."""

from spacy.tokens import Doc, Span


def make_part(span: Span) -> Doc:
    """Make a doc of a part, with what spaCy's `as_doc` leaves out: that spaces are
    unknown, for else a corpus of columns is read in other tokens than its own; and the
    span groups, which may say what is no entity.

    span (Span): The part, which cuts no entity.
    RETURNS (Doc): Its doc.
    """
    doc, first, end = span.as_doc(), span.start, span.end
    doc.has_unknown_spaces = span.doc.has_unknown_spaces
    for key, group in span.doc.spans.items():
        inside = (s for s in group if first <= s.start and s.end <= end)
        doc.spans[key] = [
            Span(doc, s.start - first, s.end - first, s.label, s.kb_id, span_id=s.id)
            for s in inside
        ]
    return doc
