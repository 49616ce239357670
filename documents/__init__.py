"""From a decision to paper: PDF/A, DOCX, signatures, and what they prove."""
