// Command bundle makes dist/weft.js and its source map from src/index.ts. It needs no Node: esbuild is a Go module.
//
// It runs in the folder clientjs, by go generate. With -check it writes nothing and exits 1 if the committed files are
// not what it would write.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

const outfile = "dist/weft.js"

func main() {
	check := flag.Bool("check", false, "compare with the committed files instead of writing them")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	files, err := build(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if check {
			err = compare(f)
		} else {
			err = write(f)
		}
		if err != nil {
			return err
		}
	}
	return report(files)
}

// build bundles in memory. The source map names sources relative to dist, so it is the same on every machine.
func build(dir string) ([]api.OutputFile, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     dir,
		EntryPoints:       []string{"src/index.ts"},
		Outfile:           outfile,
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		MangleProps:       mangle(),
		Sourcemap:         api.SourceMapLinked,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		LogLevel:          api.LogLevelWarning,
	})
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("%d errors", len(result.Errors))
	}
	for i, f := range result.OutputFiles {
		rel, err := filepath.Rel(dir, f.Path)
		if err != nil {
			return nil, err
		}
		result.OutputFiles[i].Path = filepath.ToSlash(rel)
	}
	return result.OutputFiles, nil
}

func write(f api.OutputFile) error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(f.Path, f.Contents, 0o644)
}

func compare(f api.OutputFile) error {
	have, err := os.ReadFile(f.Path)
	if err != nil {
		return fmt.Errorf("%w; run make generate", err)
	}
	if !bytes.Equal(have, f.Contents) {
		return fmt.Errorf("%s is not what src makes; run make generate and commit clientjs/dist", f.Path)
	}
	return nil
}

func report(files []api.OutputFile) error {
	for _, f := range files {
		if f.Path != outfile {
			continue
		}
		zipped, err := gzipped(f.Contents)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes, %d gzipped\n", outfile, len(f.Contents), zipped)
	}
	return nil
}

// gzipped is what a server that compresses as well as it can would send.
func gzipped(content []byte) (int, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := z.Write(content); err != nil {
		return 0, err
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	return out.Len(), nil
}
