// The commands `request` and `floor`: single requests to a cluster's API for the
// demo, and the fastest possible apply of a folder for the benchmarks.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// requestTimeout bounds one request.
const requestTimeout = 30 * time.Second

// contentTypes by method: a PATCH is a merge patch.
var contentTypes = map[string]string{
	http.MethodPost:  "application/json",
	http.MethodPut:   "application/json",
	http.MethodPatch: "application/merge-patch+json",
}

// request sends one request and prints nothing: METHOD PATH [BODY].
func request(arguments []string) error {
	flags := flag.NewFlagSet("request", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the cluster")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() < 2 || flags.NArg() > 3 {
		return errors.New("request wants METHOD PATH [BODY]")
	}
	client, server, err := connect(*kubeconfig, 1)
	if err != nil {
		return err
	}
	method := flags.Arg(0)
	return exchange(client, method, server+flags.Arg(1), contentTypes[method], []byte(flags.Arg(2)))
}

// floor applies every object of a folder with one server-side-apply PATCH each
// and prints the seconds that took, reading the files left out.
func floor(arguments []string) error {
	flags := flag.NewFlagSet("floor", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the cluster")
	namespace := flags.String("namespace", "default", "where the objects go")
	parallel := flags.Int("parallel", 32, "requests in flight")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("floor wants one folder")
	}
	patches, err := patchesOf(flags.Arg(0), *namespace)
	if err != nil {
		return err
	}
	client, server, err := connect(*kubeconfig, *parallel)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := sendAll(client, server, patches, *parallel); err != nil {
		return err
	}
	fmt.Printf("%.3f\n", time.Since(start).Seconds())
	return nil
}

// patch is one object on its way to the server.
type patch struct {
	path string
	body []byte
}

func patchesOf(folder, namespace string) ([]patch, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var patches []patch
	for _, file := range files {
		text, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		found, err := patchesIn(text, namespace)
		text.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		patches = append(patches, found...)
	}
	return patches, nil
}

func patchesIn(text io.Reader, namespace string) ([]patch, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(text, 4096)
	var patches []patch
	for {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return patches, nil
		} else if err != nil {
			return nil, err
		}
		if len(object.Object) == 0 {
			continue
		}
		version := object.GroupVersionKind()
		root := "/apis/" + version.Group
		if version.Group == "" {
			root = "/api"
		}
		path := fmt.Sprintf("%s/%s/namespaces/%s/%ss/%s?fieldManager=floor&force=true",
			root, version.Version, namespace, strings.ToLower(version.Kind), object.GetName())
		body, err := json.Marshal(object.Object)
		if err != nil {
			return nil, err
		}
		patches = append(patches, patch{path, body})
	}
}

func sendAll(client *http.Client, server string, patches []patch, parallel int) error {
	queue := make(chan patch)
	failures := make(chan error, parallel)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for one := range queue {
				if err := exchange(client, http.MethodPatch, server+one.path, "application/apply-patch+yaml", one.body); err != nil {
					select {
					case failures <- err:
					default:
					}
				}
			}
		})
	}
	for _, one := range patches {
		queue <- one
	}
	close(queue)
	workers.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

func connect(kubeconfig string, parallel int) (*http.Client, string, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, "", err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, "", err
	}
	if plain, ok := transport.(*http.Transport); ok {
		plain.MaxIdleConnsPerHost = parallel
	}
	return &http.Client{Transport: transport, Timeout: requestTimeout}, config.Host, nil
}

// exchange sends one request and fails on any answer that is no success.
func exchange(client *http.Client, method, url, contentType string, body []byte) error {
	message, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if contentType != "" {
		message.Header.Set("Content-Type", contentType)
	}
	answer, err := client.Do(message)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, url, answer.Status, text)
	}
	return nil
}
