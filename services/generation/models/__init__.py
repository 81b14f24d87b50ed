"""The models that may write replies: who is asked, what each wrote of a reply, and what it cost."""
