"""Everything `stockfeed demo` needs around the pipeline on one machine without accounts."""
