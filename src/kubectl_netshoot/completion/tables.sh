# --- What comes from outside ---

# It is typed into a shell: only what is a name passes, and descriptions lose what is not text.

table() { # what stands in front of each name, columns, and the column of selectors to be held against `labels`
	FRONT=$1 COLUMNS_SHOWN=$2 SELECTORS=$3 CURRENT=$current TYPED=$positionals LABELS=$labels LC_ALL=C awk '
		function description(    text, column, i) {
			for (i = 1; i <= shown; i++) {
				column = show[i]
				sub(/ .*/, "", column)
				if (column in at && $at[column] != "")
					text = text (text == "" ? "" : ", ") $at[column] substr(show[i], length(column) + 1)
			}
			gsub(/[^ -~]/, "", text)
			return substr(text, 1, 80)
		}
		function selects(selector,    terms, i, n) {
			n = split(selector, terms, ",")
			for (i = 1; i <= n; i++)
				if (!(terms[i] in label))
					return 0
			return n > 0
		}
		BEGIN {
			FS = "   +"
			front = ENVIRON["FRONT"]; current = ENVIRON["CURRENT"]; selectors = ENVIRON["SELECTORS"]
			shown = split(ENVIRON["COLUMNS_SHOWN"], show, "|")
			n = split(ENVIRON["TYPED"], words, "\n"); for (i = 1; i <= n; i++) typed[words[i]]
			n = split(ENVIRON["LABELS"], words, "\n"); for (i = 1; i <= n; i++) label[words[i]]
		}
		{ last = $0 }
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 !~ /^[a-z0-9][-a-z0-9.]*$/ || substr(front $1, 1, length(current)) != current || (front $1) in typed { next }
		selectors != "" && selects($at[selectors]) { first[++firsts] = front $1 "\tselects it; " description(); next }
		{ line[++lines] = front $1 "\t" description() }
		END {
			# The last line is the status of kubectl.
			if (last != "\t0")
				exit 1
			for (i = 1; i <= firsts; i++) print first[i]
			for (i = 1; i <= lines; i++) print line[i]
			exit firsts + lines == 0
		}'
}

plain() { # lines of one name each
	CURRENT=$current LC_ALL=C awk '
		BEGIN { current = ENVIRON["CURRENT"] }
		{ last = $0 }
		NR == 1 && $0 == "NAME" { next }
		/^[A-Za-z0-9_][-A-Za-z0-9_.:\/@+,=%]*$/ && substr($0, 1, length(current)) == current { line[++lines] = $0 }
		END {
			if (last != "\t0")
				exit
			for (i = 1; i <= lines; i++) print line[i]
		}'
}

