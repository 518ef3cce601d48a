"""Sentences whose vectors sentence-transformers 5 computed in float32; ``reference_vectors.npz``
holds them in this order."""

TEXTS = (
    "The app crashes when I open the settings page.",
    "Opening settings makes the application crash every time.",
    "Please add a dark mode, my eyes hurt at night.",
    "How do I export my projects to a spreadsheet?",
    "I love this tool, thank you so much!",
    "ok",
    "",
    "😂😂😂 top",
    "Die App stürzt beim Start ab.",
    "مرحبا، التطبيق لا يعمل",
    "Stack trace follows:\nTypeError: undefined is not a function\n  at save (editor.js:10:3)",
    "The upload of large files fails after about ten minutes with a message that the session has "
    "expired. " * 30,
)
