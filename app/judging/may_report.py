"""From which likelihood on a comment may report something after all, whatever it was told to be."""

MAY_REPORT_FROM = 0.2
"""Of the probabilities of bug and request together: from here on a comment that was told neither is
held against themes, and listed for a person where it joins none, however sure its kind is."""
QUESTION_MAY_REPORT_FROM = 0.15
"""The same of what was told a question: trouble is often told in the words of one."""
