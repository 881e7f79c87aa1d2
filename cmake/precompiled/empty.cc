// A target needs a source file; what this one is for are its precompiled headers.
